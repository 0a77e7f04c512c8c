package provisioner_test

import (
	"errors"
	"sync/atomic"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

func TestDesiredIsRaisedBeforeAnythingIsBoughtAndFilledUpAfterACrash(t *testing.T) {
	for _, survived := range []int{0, 1, 2} {
		w := newWorld(t, web().Obj())
		died := errors.New("the process has died")
		var created atomic.Int64
		w.restart(build.Watched(w.api, func(call build.Call, object any, act func() error) error {
			if _, isNode := object.(*v1alpha1.VPSieNode); call == build.OnCreate && isNode && created.Add(1) > int64(survived) {
				return died
			}
			return act()
		}))
		w.waiting(whole("a"), whole("b"), whole("c"))
		if err := w.provisioner.Plan(t.Context()); !errors.Is(err, died) {
			t.Fatalf("Plan: %v, want the crash", err)
		}
		if got := *w.group("web").Spec.DesiredNodes; got != 3 || len(w.bought()) != survived {
			t.Fatalf("at the crash desired is %d with %d VPSieNodes, want 3 and %d", got, len(w.bought()), survived)
		}
		w.restart(w.api)
		for range 3 {
			w.plan()
		}
		if got := *w.group("web").Spec.DesiredNodes; got != 3 || len(w.bought()) != 3 {
			t.Errorf("crash after %d: in the end desired is %d with %d VPSieNodes, want 3 and 3", survived, got, len(w.bought()))
		}
	}
}

func TestNothingIsBoughtTwiceWhileTheCacheLags(t *testing.T) {
	w := newWorld(t, web().Obj())
	w.restart(build.Watched(w.api, func(call build.Call, object any, act func() error) error {
		if _, nodes := object.(*v1alpha1.VPSieNodeList); nodes && call == build.OnList {
			return nil // the cache shows none of them yet
		}
		return act()
	}))
	w.waiting(whole("a"), whole("b"))
	for range 3 {
		w.plan()
	}
	if got := len(w.bought()); got != 2 {
		t.Errorf("%d VPSieNodes, want 2", got)
	}
}

// Given a node that the cloud refused, which came and went while the cache showed it at no time, when a plan is made, then nobody counts
// on it.
func TestNodeThatHasGoneIsNotCountedOn(t *testing.T) {
	w := newWorld(t, web().Desired(1).Obj())
	w.plan()
	first := w.bought()[0]
	remove := func() {
		first.Finalizers = nil
		if err := w.api.Update(t.Context(), &first); err != nil {
			t.Fatal(err)
		}
		if err := w.api.Delete(t.Context(), &first); err != nil {
			t.Fatal(err)
		}
	}
	remove()
	w.provisioner.Forget(first.UID)
	w.plan()
	if bought := w.bought(); len(bought) != 1 || bought[0].Name == first.Name {
		t.Errorf("%d VPSieNodes, want another in place of the one that has gone", len(bought))
	}
}

func TestNothingIsBoughtOnAnOutdatedGroup(t *testing.T) {
	w := newWorld(t, web().Obj())
	old := w.group("web")
	changed := w.group("web")
	changed.Spec.MaxNodes = 0
	if err := w.api.Update(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	w.restart(build.Watched(w.api, func(call build.Call, object any, act func() error) error {
		if groups, ok := object.(*v1alpha1.NodeGroupList); ok && call == build.OnList {
			groups.Items = []v1alpha1.NodeGroup{*old.DeepCopy()}
			return nil
		}
		return act()
	}))
	w.waiting(whole("a"))
	if err := w.provisioner.Plan(t.Context()); !apierrors.IsConflict(err) {
		t.Errorf("Plan: %v, want a conflict", err)
	}
	w.wantShopping()
}
