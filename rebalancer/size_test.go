package rebalancer_test

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

func TestEmptyNodesGoDownToTheMinimumAndNoFurther(t *testing.T) {
	scenario(t, func() []client.Object {
		return objects(web().Min(1).Desired(3).Obj(), node("a"), node("b"), node("c"))
	}, func(w *world) {
		w.runFor(3 * window)
		w.wantStates("a=leaving b=leaving c=staying")
		if w.desired() != 1 {
			t.Errorf("desired %d, want 1", w.desired())
		}
	})
}

func TestSurplusGoesAtOnceAndLeavesTheBusyNode(t *testing.T) {
	scenario(t, func() []client.Object {
		return objects(web().Obj(), node("a"), node("b"), node("c"), build.Pod("p").On("b").Obj())
	}, func(w *world) {
		w.reconcile()
		w.wantStates("a=leaving b=staying c=leaving")
		if w.desired() != 1 {
			t.Errorf("desired %d, want 1: a surplus does not change what is wanted", w.desired())
		}
	})
}

func TestSurplusThatOnlyTheCacheSeesStays(t *testing.T) {
	scenario(t, func() []client.Object { return objects(web().Desired(2).Obj(), node("a"), node("b")) }, func(w *world) {
		w.cache = func(call build.Call, object any, act func() error) error {
			err := act()
			if group, ok := object.(*v1alpha1.NodeGroup); ok && err == nil {
				one := int32(1)
				group.Spec.DesiredNodes = &one // the cache does not show yet that the count was raised
			}
			return err
		}
		w.reconcile()
		w.wantStates("a=staying b=staying")
	})
}
