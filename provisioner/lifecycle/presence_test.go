package lifecycle_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

func unreachable(node *corev1.Node) { node.Status.Conditions[0].Status = corev1.ConditionUnknown }

func TestMachineDeletedOutsideIsNoticed(t *testing.T) {
	ready(t, func(t *testing.T, w *world) {
		w.cloud.RemoveMachine(nodeName)
		removed := time.Now()
		w.runFor(40 * time.Second)
		w.changeNode(unreachable)
		for w.reason(v1alpha1.ConditionReady) != v1alpha1.ReasonMachineMissing && time.Since(removed) < 10*time.Minute {
			w.tick()
		}
		if took := time.Since(removed); took > 95*time.Second {
			t.Errorf("noticed after %v, want a minute and a half at most", took)
		}
		if ready := meta.FindStatusCondition(w.object().Status.Conditions, v1alpha1.ConditionReady); ready.Status != "False" {
			t.Errorf("condition Ready is %s", ready.Status)
		}
	})
}

// Given a machine that single lists lack, one now and one later, then it is at no time taken for gone.
func TestMachineMissingFromOneListIsNotTakenForGone(t *testing.T) {
	ready(t, func(t *testing.T, w *world) {
		w.changeNode(unreachable)
		w.runFor(time.Second)
		for range 2 {
			w.hidden = true
			for lists := w.lists; w.lists == lists; {
				w.tick()
			}
			w.hidden = false
			for range 300 {
				w.tick()
				if got := w.reason(v1alpha1.ConditionReady); got != v1alpha1.ReasonNodeNotReady {
					t.Fatalf("reason %s, want %s", got, v1alpha1.ReasonNodeNotReady)
				}
			}
		}
	})
}

// Given credentials of another account, when no machine is listed any more although all Nodes run, then nothing is given up.
func TestReadyNodeIsBelievedMoreThanTheList(t *testing.T) {
	ready(t, func(t *testing.T, w *world) {
		w.hidden = true
		w.runFor(20 * time.Minute)
		if got := w.reason(v1alpha1.ConditionReady); got != v1alpha1.ReasonNodeReady || len(w.writes) != 0 {
			t.Errorf("reason %s, writes %v; want nothing written", got, w.writes)
		}
	})
}

func TestNobodyIsTakenForGoneWhileTheCloudDoesNotAnswer(t *testing.T) {
	ready(t, func(t *testing.T, w *world) {
		w.cloud.RemoveMachine(nodeName)
		w.changeNode(unreachable)
		w.blind = true
		w.runFor(time.Second)
		lists := w.lists
		w.runFor(20 * time.Minute)
		if got := w.reason(v1alpha1.ConditionReady); got != v1alpha1.ReasonNodeNotReady {
			t.Errorf("reason %s, want %s", got, v1alpha1.ReasonNodeNotReady)
		}
		if asked := w.lists - lists; asked > 21 {
			t.Errorf("a cloud that does not answer was asked %d times in twenty minutes", asked)
		}
	})
}

func TestWhatWasConfirmedOutlivesACloudThatFallsSilent(t *testing.T) {
	ready(t, func(t *testing.T, w *world) {
		w.cloud.RemoveMachine(nodeName)
		w.changeNode(unreachable)
		w.runFor(3 * time.Minute)
		w.blind = true
		w.writes = nil
		w.runFor(10 * time.Minute)
		if got := w.reason(v1alpha1.ConditionReady); got != v1alpha1.ReasonMachineMissing || len(w.writes) != 0 {
			t.Errorf("reason %s, writes %v", got, w.writes)
		}
	})
}

func TestMachineThatComesBackIsReadyAgain(t *testing.T) {
	ready(t, func(t *testing.T, w *world) {
		w.hidden = true
		w.changeNode(unreachable)
		w.runFor(3 * time.Minute)
		if got := w.reason(v1alpha1.ConditionReady); got != v1alpha1.ReasonMachineMissing {
			t.Fatalf("reason %s", got)
		}
		w.hidden = false
		w.runFor(2*time.Minute + 2*time.Second)
		if got := w.reason(v1alpha1.ConditionReady); got != v1alpha1.ReasonNodeNotReady {
			t.Errorf("reason %s, want %s: the machine is listed again", got, v1alpha1.ReasonNodeNotReady)
		}
	})
}

func TestMachineThatTheCloudCallsBrokenIsSaidToBe(t *testing.T) {
	ready(t, func(t *testing.T, w *world) {
		w.cloud.BreakMachine(nodeName)
		w.runFor(3 * time.Minute)
		if got := w.reason(v1alpha1.ConditionReady); got != v1alpha1.ReasonNodeReady {
			t.Errorf("reason %s although the Node runs pods", got)
		}
		w.changeNode(unreachable)
		w.runFor(time.Minute + 2*time.Second)
		if got := w.reason(v1alpha1.ConditionReady); got != v1alpha1.ReasonMachineBroken {
			t.Errorf("reason %s, want %s", got, v1alpha1.ReasonMachineBroken)
		}
	})
}

func TestMachineThatVanishesBeforeItJoinsIsGivenUpAtOnce(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.boots = false
		w.runUntil(v1alpha1.PhaseJoining)
		w.cloud.RemoveMachine(nodeName)
		began := time.Now()
		w.runUntil("Gone")
		if took := time.Since(began); took > 100*time.Second {
			t.Errorf("given up after %v, want less than two minutes", took)
		}
		w.wantGone()
	})
}

func TestNodeThatDoesNotBecomeReadyInTimeIsGivenUp(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.boots = false
		w.runUntil(v1alpha1.PhaseJoining)
		if err := w.api.Create(t.Context(), build.Node(nodeName).NotReady().Obj()); err != nil {
			t.Fatal(err)
		}
		w.tick()
		joined := time.Now()
		w.runUntil(v1alpha1.PhaseTerminating, v1alpha1.PhaseDeleting)
		if waited := time.Since(joined).Round(time.Second); waited < options.ReadyTimeout-2*time.Second || waited > options.ReadyTimeout+2*time.Second {
			t.Errorf("given up after %v, want %v", waited, options.ReadyTimeout)
		}
		if got := w.reason(v1alpha1.ConditionReady); got != v1alpha1.ReasonReadyTimeout {
			t.Errorf("reason %s, want %s", got, v1alpha1.ReasonReadyTimeout)
		}
		w.runUntil("Gone")
		w.wantGone()
	})
}

// Given a machine that is proven gone, when its VPSieNode is deleted, then the pods that died with it are not waited for.
func TestPodsOfAVanishedMachineAreNotDrained(t *testing.T) {
	ready(t, func(t *testing.T, w *world) {
		if err := w.api.Create(t.Context(), build.Pod("app").On(nodeName).Lingering().Obj()); err != nil {
			t.Fatal(err)
		}
		w.cloud.RemoveMachine(nodeName)
		w.changeNode(unreachable)
		w.runFor(3 * time.Minute)
		w.writes = nil
		w.delete()
		w.tick()
		if w.phase() != "Gone" || w.node() != nil {
			t.Errorf("phase %s, Node %t; want both gone at once", w.phase(), w.node() != nil)
		}
		for _, write := range w.writes {
			if write == "evict Pod" {
				t.Error("a pod that is dead was evicted")
			}
		}
		if len(w.cloud.Calls(fake.OpDelete)) != 0 {
			t.Error("a machine that has gone was deleted")
		}
	})
}

// Given a machine that was found missing and a Node that has come back since, when the VPSieNode is deleted, then the node is drained.
func TestNodeThatHasComeBackIsDrained(t *testing.T) {
	ready(t, func(t *testing.T, w *world) {
		w.hidden = true
		w.changeNode(unreachable)
		w.runFor(3 * time.Minute)
		w.hidden = false
		if err := w.api.Create(t.Context(), build.Pod("app").On(nodeName).Obj()); err != nil {
			t.Fatal(err)
		}
		w.changeNode(func(node *corev1.Node) { node.Status.Conditions[0].Status = corev1.ConditionTrue })
		w.writes = nil
		w.delete()
		w.runUntil("Gone")
		evicted := false
		for _, write := range w.writes {
			evicted = evicted || write == "evict Pod"
		}
		if !evicted {
			t.Errorf("the pod was not evicted: %v", w.writes)
		}
	})
}
