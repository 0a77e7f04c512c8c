package group_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

func TestNewGroupGetsAFinalizerAndADesiredSize(t *testing.T) {
	w := newWorld(t, build.NodeGroup("web").Fresh().Min(2).Obj())
	w.reconcile()
	got := w.group()
	if !slices.Contains(got.Finalizers, v1alpha1.FinalizerNodeGroup) || got.Spec.DesiredNodes == nil || *got.Spec.DesiredNodes != 2 {
		t.Errorf("finalizers %v, desired %v; want ours and 2", got.Finalizers, got.Spec.DesiredNodes)
	}
	if w.short != 1 {
		t.Errorf("a plan was asked for %d times, want once: the group has 0 of 2 nodes", w.short)
	}
}

func TestDesiredFollowsBoundsThatMove(t *testing.T) {
	tests := map[string]struct {
		minimum, maximum, desired, want int32
	}{
		"min raised above it":   {3, 10, 1, 3},
		"max lowered below it":  {0, 2, 5, 2},
		"both, to a fixed size": {4, 4, 1, 4},
		"within the bounds":     {1, 5, 3, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, build.NodeGroup("web").Min(test.minimum).Max(test.maximum).Desired(test.desired).Obj())
			w.reconcile()
			if got := *w.group().Spec.DesiredNodes; got != test.want {
				t.Errorf("desired %d, want %d", got, test.want)
			}
		})
	}
}

func TestPlanIsAskedForOnlyWhileNodesAreMissing(t *testing.T) {
	w := newWorld(t, build.NodeGroup("web").Desired(2).Obj(), build.VPSieNode("a", "web").Ready().Obj(),
		build.VPSieNode("b", "web").Deleting().Obj(), build.VPSieNode("c", "other").Obj())
	w.reconcile()
	if w.short != 1 {
		t.Errorf("asked for %d plans with one node staying of two, want 1", w.short)
	}
	if err := w.api.Create(t.Context(), build.VPSieNode("d", "web").Obj()); err != nil {
		t.Fatal(err)
	}
	w.reconcile()
	if w.short != 1 {
		t.Errorf("a plan was asked for although the second node is on its way")
	}
}

func TestDeletedGroupGoesAfterItsNodes(t *testing.T) {
	w := newWorld(t, build.NodeGroup("web").Desired(2).Obj(), build.VPSieNode("a", "web").Ready().Obj(), build.VPSieNode("b", "web").Obj(),
		build.VPSieNode("c", "other").Ready().Obj())
	if err := w.api.Delete(t.Context(), w.group()); err != nil {
		t.Fatal(err)
	}
	w.reconcile()
	w.reconcile()
	staying, leaving := w.nodes()
	if diff := cmp.Diff([][]string{{"c"}, {"a", "b"}}, [][]string{staying, leaving}); diff != "" {
		t.Errorf("nodes that stay and leave (-want +got):\n%s", diff)
	}
	if w.group() == nil || w.condition(v1alpha1.ConditionReady) != "False Deleting" {
		t.Fatalf("the group is gone before its nodes, or does not say that it is being deleted")
	}
	if w.short != 0 {
		t.Error("a plan was asked for a group that is being deleted")
	}
	for _, name := range leaving {
		w.release(name)
	}
	w.reconcile()
	if w.group() != nil {
		t.Error("the group stays after its last node has gone")
	}
}

func TestGroupOfTheSameNameInAnotherNamespaceIsUntouched(t *testing.T) {
	other, node := build.NodeGroup("web").Desired(1).Obj(), build.VPSieNode("z", "web").Ready().Obj()
	other.Namespace, other.UID, node.Namespace = "elsewhere", "another", "elsewhere"
	w := newWorld(t, build.NodeGroup("web").Desired(1).Obj(), build.VPSieNode("a", "web").Ready().Obj(), other, node)
	if err := w.api.Delete(t.Context(), w.group()); err != nil {
		t.Fatal(err)
	}
	w.reconcile()
	w.release("a")
	w.reconcile()
	if w.group() != nil {
		t.Error("the group waits for a node of its namesake")
	}
	var left v1alpha1.NodeGroup
	if err := w.api.Get(t.Context(), client.ObjectKeyFromObject(other), &left); err != nil || left.DeletionTimestamp != nil {
		t.Errorf("the namesake: %v, being deleted %t", err, left.DeletionTimestamp != nil)
	}
	if staying, leaving := w.nodes(); !slices.Equal(staying, []string{"z"}) || len(leaving) != 0 {
		t.Errorf("nodes that stay %v and leave %v", staying, leaving)
	}
}

func TestGroupWhoseNodesAreTaintedKeepsItsSpec(t *testing.T) {
	w := newWorld(t, build.NodeGroup("web").Taint("dedicated", "web", corev1.TaintEffectNoSchedule).ScaleUp(false).Min(2).Obj())
	before := w.group().Spec
	w.reconcile()
	desired := int32(2)
	before.DesiredNodes = &desired
	if diff := cmp.Diff(before, w.group().Spec); diff != "" {
		t.Errorf("spec apart from desiredNodes (-want +got):\n%s", diff)
	}
}
