package lifecycle_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

func TestPhasesPassInOrder(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.runUntil(v1alpha1.PhaseReady)
		w.runFor(time.Minute)
		w.delete()
		w.runUntil("Gone")
		want := []string{v1alpha1.PhaseProvisioning, v1alpha1.PhaseJoining, v1alpha1.PhaseReady, v1alpha1.PhaseDeleting, "Gone"}
		if diff := cmp.Diff(want, w.phases); diff != "" {
			t.Errorf("phases (-want +got):\n%s", diff)
		}
		transitions := w.metrics.PhaseTransitions.WithLabelValues(v1alpha1.PhaseJoining, v1alpha1.PhaseReady, "web", build.Namespace)
		if got := testutil.ToFloat64(transitions); got != 1 {
			t.Errorf("%v transitions from Joining to Ready counted, want 1", got)
		}
	})
}

func TestReadyMachineIsNeverAskedForAgain(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.runUntil(v1alpha1.PhaseReady)
		w.runFor(time.Minute)
		w.restart()
		w.writes = nil
		before, lists := w.reconciles, w.lists
		w.runFor(time.Hour)
		if listed := w.lists - lists; listed > 61 || listed < 55 || w.reconciles-before > 61 || len(w.writes) != 0 {
			t.Errorf("an idle node cost %d lists, %d looks and the writes %v in an hour; want one list a minute and no write", listed, w.reconciles-before, w.writes)
		}
		if len(w.creates()) != 1 || len(w.machines()) != 1 {
			t.Errorf("%d create calls and %d machines, want 1 and 1", len(w.creates()), len(w.machines()))
		}
	})
}

func TestNodeGetsItsLabelsAndTaintsInTheWriteThatTakesTheStartupTaintOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, build.VPSieNode(nodeName, "web").Label("tier", "front").Taint("dedicated", "web", corev1.TaintEffectNoSchedule).Obj())
		var steps []string
		w.intercept = func(write string, act func() error) error {
			err := act()
			if node := w.node(); write == "patch Node" {
				steps = append(steps, fmt.Sprintf("%s %v", node.Labels["tier"], taintKeys(node)))
			}
			return err
		}
		w.boots = false
		w.runUntil(v1alpha1.PhaseJoining)
		node := build.Node(nodeName).NotReady().Label("foreign", "kept").
			Taint(v1alpha1.TaintUninitialized, "", corev1.TaintEffectNoSchedule).
			Taint("example.com/foreign", "", corev1.TaintEffectNoSchedule).
			Taint("dedicated", "old", corev1.TaintEffectNoSchedule).Obj()
		if err := w.api.Create(t.Context(), node); err != nil {
			t.Fatal(err)
		}
		w.runFor(5 * time.Second)

		if diff := cmp.Diff([]string{"front [example.com/foreign= dedicated=web]"}, steps); diff != "" {
			t.Errorf("the Node after each write to it (-want +got):\n%s", diff)
		}
		got := w.node()
		if got.Labels["foreign"] != "kept" || got.Labels[v1alpha1.LabelVPSieNode] != nodeName || got.Labels[v1alpha1.LabelNodeGroup] != "web" {
			t.Errorf("labels %v", got.Labels)
		}
		if got.Spec.ProviderID != "vpsie://"+w.machines()[0].ID {
			t.Errorf("provider ID %q, machine %s", got.Spec.ProviderID, w.machines()[0].ID)
		}
		if w.tokens() != 0 {
			t.Error("the token outlives the join")
		}
	})
}

func taintKeys(node *corev1.Node) (keys []string) {
	for _, taint := range node.Spec.Taints {
		keys = append(keys, taint.Key+"="+taint.Value)
	}
	return keys
}

func TestNodeOfAnotherMachineIsNotTakenOver(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.boots = false
		w.runUntil(v1alpha1.PhaseJoining)
		if err := w.api.Create(t.Context(), build.Node(nodeName).Ready().ProviderID("vpsie://another-machine").Obj()); err != nil {
			t.Fatal(err)
		}
		w.runFor(time.Minute)
		if got := w.node(); got.Labels[v1alpha1.LabelNodeGroup] != "" || w.phase() == v1alpha1.PhaseReady {
			t.Errorf("a Node of another machine was taken: labels %v, phase %s", got.Labels, w.phase())
		}
	})
}

func TestNodeThatDoesNotJoinInTimeIsGivenUp(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.boots = false
		w.runUntil(v1alpha1.PhaseJoining)
		joining := time.Now()
		w.runUntil(v1alpha1.PhaseDeleting)
		if waited := time.Since(joining); waited < options.JoinTimeout-2*time.Second || waited > options.JoinTimeout+2*time.Second {
			t.Errorf("given up after %v, want %v", waited, options.JoinTimeout)
		}
		if got := w.reason(v1alpha1.ConditionRegistered); got != v1alpha1.ReasonJoinTimeout {
			t.Errorf("reason %s, want %s", got, v1alpha1.ReasonJoinTimeout)
		}
		w.runUntil("Gone")
		w.wantGone()
	})
}

func TestNodeThatFailsIsSaidToFailAndItsMachineStays(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.runUntil(v1alpha1.PhaseReady)
		w.runFor(time.Minute)
		w.changeNode(func(node *corev1.Node) { node.Status.Conditions[0].Status = corev1.ConditionUnknown })
		w.runFor(time.Minute)
		if got := w.reason(v1alpha1.ConditionReady); got != v1alpha1.ReasonNodeNotReady {
			t.Errorf("reason %s, want %s", got, v1alpha1.ReasonNodeNotReady)
		}
		if err := w.api.Delete(t.Context(), w.node()); err != nil {
			t.Fatal(err)
		}
		w.runFor(time.Minute)
		if got := w.reason(v1alpha1.ConditionReady); got != v1alpha1.ReasonNodeMissing || len(w.machines()) != 1 {
			t.Errorf("reason %s with %d machines, want %s and 1", got, len(w.machines()), v1alpha1.ReasonNodeMissing)
		}
	})
}
