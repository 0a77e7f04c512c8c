package opening_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/opening"
)

// threeMachines is a plan of three machines of 4 cores. The pods of the later ones come first in every order, and each would fit the
// machine that joins first: only nominations keep them off.
func threeMachines() []client.Object {
	machine := func(name string, pods ...string) client.Object {
		var keys []string
		for _, pod := range pods {
			keys = append(keys, build.Namespace+"/"+pod)
		}
		return build.VPSieNode(name, "web").Plan("plan-1").For(keys...).Obj()
	}
	return []client.Object{
		machine("a", "x1", "x2"), machine("b", "m1", "m2", "m3"), machine("c", "e1"),
		build.Pod("x1").Requests("2", "1Gi").Unschedulable().Obj(), build.Pod("x2").Requests("2", "1Gi").Unschedulable().Obj(),
		build.Pod("m1").Requests("1", "1Gi").Unschedulable().Obj(), build.Pod("m2").Requests("1", "1Gi").Unschedulable().Obj(),
		build.Pod("m3").Requests("1", "1Gi").Unschedulable().Obj(), build.Pod("e1").Requests("3", "1Gi").Unschedulable().Obj(),
	}
}

var planned = map[string]string{"x1": "a", "x2": "a", "m1": "b", "m2": "b", "m3": "b", "e1": "c"}

func (w *world) wantPlaces(want map[string]string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.places()); diff != "" {
		w.t.Errorf("nodes of the pods (-want +got):\n%s", diff)
	}
}

func (w *world) counted(fate opening.Fate) float64 {
	return testutil.ToFloat64(w.metrics.PlannedPods.WithLabelValues("web", build.Namespace, string(fate)))
}

// arrive has the machines join and become ready one after another.
func arrive(w *world) {
	for _, name := range []string{"a", "b", "c"} {
		w.join(name)
		w.runFor(time.Second)
		w.becomeReady(name)
		w.runFor(2 * time.Second)
	}
}

// Given machines of one plan that join apart, when the last is ready, then all open in the same moment and every pod runs where it was
// planned.
func TestNodesOfOnePlanOpenTogether(t *testing.T) {
	scenario(t, threeMachines(), func(t *testing.T, w *world) {
		arrive(w)
		w.runFor(10 * time.Second)
		w.wantPlaces(planned)
		if w.open["a"] != w.open["b"] || w.open["b"] != w.open["c"] {
			t.Errorf("the Nodes opened at %v, want all in one moment", w.open)
		}
		if got := w.counted(opening.Placed); got != 6 {
			t.Errorf("%v pods counted as placed, want 6", got)
		}
		want := []string{
			"a Opened: Node a is open to pods: 2 of the 2 pods that it was bought for are nominated for it",
			"b Opened: Node b is open to pods: 3 of the 3 pods that it was bought for are nominated for it",
			"c Opened: Node c is open to pods: 1 of the 1 pods that it was bought for are nominated for it",
		}
		if diff := cmp.Diff(want, w.events.Seen()); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// Given the same and Nodes that open as they come, with no pod nominated, then pods run elsewhere and one of them nowhere: what the test
// above shows is the opener's doing.
func TestWithoutNominationsPodsTakeTheFirstRoom(t *testing.T) {
	scenario(t, threeMachines(), func(t *testing.T, w *world) {
		w.intercept = func(write string, act func() error) error {
			if strings.HasPrefix(write, "patch status") {
				return nil // as if the API server did not know the field
			}
			return act()
		}
		w.join("a")
		w.becomeReady("a")
		w.runFor(11 * time.Second)
		if places := w.places(); places["e1"] != "a" || places["x1"] != "" {
			t.Errorf("places %v, want the pod of c on a and those of a without a node", places)
		}
	})
}

// Given a machine of the plan that does not come, when the others have waited for ten seconds, then they open without it, and keep their
// room from its pod; it opens when it comes.
func TestNodesDoNotWaitForAStragglerForLong(t *testing.T) {
	scenario(t, threeMachines(), func(t *testing.T, w *world) {
		w.join("a")
		w.join("b")
		w.becomeReady("a", "b")
		first := time.Now()
		w.runFor(30 * time.Second)
		for _, name := range []string{"a", "b"} {
			if waited := w.open[name].Sub(first); waited < together || waited > together+time.Second {
				t.Errorf("Node %s opened after %v, want %v", name, waited, together)
			}
		}
		w.wantPlaces(map[string]string{"x1": "a", "x2": "a", "m1": "b", "m2": "b", "m3": "b", "e1": ""})
		w.join("c")
		w.becomeReady("c")
		w.runFor(2 * time.Second)
		w.wantPlaces(planned)
	})
}

// Given a pod that was planned for a machine after that was bought, then it is nominated like the others.
func TestPodsThatWerePlannedLaterAreNominatedToo(t *testing.T) {
	objects := append(threeMachines(), build.Pod("later").Requests("1", "1Gi").Unschedulable().Obj())
	scenario(t, objects, func(t *testing.T, w *world) {
		w.planned = map[string][]types.NamespacedName{"c": {{Namespace: build.Namespace, Name: "e1"}, {Namespace: build.Namespace, Name: "later"}}}
		arrive(w)
		w.runFor(10 * time.Second)
		if got := w.places()["later"]; got != "c" || w.counted(opening.Placed) != 7 {
			t.Errorf("the pod has node %q, and %v pods are counted as placed; want c and 7", got, w.counted(opening.Placed))
		}
	})
}

// Given a machine of the plan that is given up, then nobody waits for it.
func TestAMachineThatIsGivenUpIsNotWaitedFor(t *testing.T) {
	objects := threeMachines()
	objects[2] = build.VPSieNode("c", "web").Plan("plan-1").For(build.Namespace + "/e1").Deleting().Obj()
	scenario(t, objects, func(t *testing.T, w *world) {
		w.join("a")
		w.join("b")
		w.becomeReady("a", "b")
		w.runFor(time.Second)
		if len(w.open) != 2 {
			t.Errorf("%d Nodes are open, want 2", len(w.open))
		}
	})
}

// Given a Node that does not become ready, when it has had its time, then it opens: the pod that its network needs may not tolerate the
// taint.
func TestANodeThatIsNotReadyOpensInTheEnd(t *testing.T) {
	scenario(t, threeMachines(), func(t *testing.T, w *world) {
		w.join("a")
		joined := time.Now()
		w.runFor(2 * time.Minute)
		if waited := w.open["a"].Sub(joined); waited < patience || waited > patience+time.Second {
			t.Errorf("the Node opened after %v, want %v", waited, patience)
		}
		for _, pod := range w.pods() {
			if pod.Status.NominatedNodeName != "" {
				t.Errorf("pod %s is nominated for %s", pod.Name, pod.Status.NominatedNodeName)
			}
		}
	})
}

// Given an API server that refuses nominations, then the Nodes open all the same.
func TestNodesOpenWhenNominationsAreRefused(t *testing.T) {
	scenario(t, threeMachines(), func(t *testing.T, w *world) {
		w.intercept = func(write string, act func() error) error {
			if strings.HasPrefix(write, "patch status") {
				return apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, write, nil)
			}
			return act()
		}
		arrive(w)
		w.runFor(time.Second)
		if len(w.open) != 3 {
			t.Errorf("%d Nodes are open, want 3", len(w.open))
		}
	})
}

// Given a scheduler that does not come to the pods, when their nominations have had their time, then they are taken back, but for that of
// a pod whose volumes may still be in the making.
func TestNominationsDoNotLastForever(t *testing.T) {
	objects := threeMachines()
	disk := objects[3].(*corev1.Pod)
	disk.Spec.Volumes = []corev1.Volume{{Name: "disk", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "disk"}}}}
	scenario(t, objects, func(t *testing.T, w *world) {
		w.asleep = true
		arrive(w)
		w.runFor(5 * time.Second)
		if diff := cmp.Diff(planned, w.nominations()); diff != "" {
			t.Errorf("nominations soon after the opening (-want +got):\n%s", diff)
		}
		w.runFor(10 * time.Second)
		if diff := cmp.Diff(map[string]string{disk.Name: "a"}, w.nominations()); diff != "" {
			t.Errorf("nominations in the end (-want +got):\n%s", diff)
		}
		if got := w.counted(opening.Nominated); got != 6 {
			t.Errorf("%v pods counted as nominated, want 6", got)
		}
	})
}

// Given pods that need no node any more, or have the promise of another, then they are left alone.
func TestOnlyPodsThatWaitAreNominated(t *testing.T) {
	objects := []client.Object{
		build.VPSieNode("a", "web").For(build.Namespace+"/bound", build.Namespace+"/promised", build.Namespace+"/finished", build.Namespace+"/missing").Obj(),
		build.Pod("bound").Requests("1", "1Gi").On("other").Obj(),
		build.Pod("promised").Requests("1", "1Gi").Unschedulable().Nominated("other").Obj(),
		build.Pod("finished").Requests("1", "1Gi").Phase(corev1.PodSucceeded).Obj(),
	}
	scenario(t, objects, func(t *testing.T, w *world) {
		var writes []string
		w.intercept = func(write string, act func() error) error {
			writes = append(writes, write)
			return act()
		}
		w.join("a")
		w.becomeReady("a")
		w.runFor(100 * time.Millisecond)
		if diff := cmp.Diff([]string{"patch a"}, writes); diff != "" {
			t.Errorf("writes (-want +got):\n%s", diff)
		}
		if elsewhere, gone := w.counted(opening.Elsewhere), w.counted(opening.Gone); elsewhere != 2 || gone != 2 {
			t.Errorf("%v pods counted as elsewhere and %v as gone, want 2 and 2", elsewhere, gone)
		}
	})
}

// Nodes that were bought for no pod, that are not labelled yet, or whose VPSieNode goes are none of the opener's business.
func TestOtherNodesStayAsTheyAre(t *testing.T) {
	objects := []client.Object{
		build.VPSieNode("reserve", "web").Obj(),
		build.VPSieNode("bare", "web").For(build.Namespace + "/p").Obj(),
		build.VPSieNode("going", "web").For(build.Namespace + "/p").Deleting().Obj(),
	}
	scenario(t, objects, func(t *testing.T, w *world) {
		for _, name := range []string{"reserve", "bare", "going", "foreign"} {
			w.join(name)
		}
		bare := build.Node("bare").Obj()
		if err := w.api.Patch(t.Context(), bare, client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"metadata":{"labels":{%q:null}}}`, v1alpha1.LabelVPSieNode))); err != nil {
			t.Fatal(err)
		}
		w.becomeReady("reserve", "bare", "going", "foreign")
		w.runFor(2 * time.Minute)
		if len(w.open) > 0 {
			t.Errorf("open Nodes: %v, want none", w.open)
		}
	})
}

// Given that the process dies at any of its writes, before or after it took effect, then the next one opens every Node, and every pod
// gets a node.
func TestEveryCrashIsSurvived(t *testing.T) {
	points := 0
	for at := 1; ; at++ {
		reached := false
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("write %d, after=%t", at, after), func(t *testing.T) {
				scenario(t, threeMachines(), func(t *testing.T, w *world) {
					writes := 0
					w.intercept = func(_ string, act func() error) error {
						writes++
						switch {
						case w.died:
							return errPowerCut
						case writes != at:
							return act()
						}
						reached, w.died = true, true
						if after {
							if err := act(); err != nil {
								t.Errorf("the write fails: %v", err)
							}
						}
						return errPowerCut
					}
					arrive(w)
					w.runFor(30 * time.Second)
					if len(w.open) != 3 {
						t.Errorf("open Nodes: %v, want all three", w.open)
					}
					for pod, node := range w.places() {
						if node == "" {
							t.Errorf("pod %s has no node", pod)
						}
					}
				})
			})
		}
		if !reached {
			break
		}
		points += 2
	}
	t.Logf("%d crash points", points)
}

func TestConflictsAreRetried(t *testing.T) {
	scenario(t, threeMachines(), func(t *testing.T, w *world) {
		conflicts := map[string]bool{}
		w.intercept = func(write string, act func() error) error {
			if !conflicts[write] {
				conflicts[write] = true
				return apierrors.NewConflict(schema.GroupResource{Resource: "things"}, write, nil)
			}
			return act()
		}
		arrive(w)
		w.runFor(10 * time.Second)
		if len(w.open) != 3 || len(conflicts) < 6 {
			t.Errorf("%d Nodes are open after conflicts %v, want 3", len(w.open), conflicts)
		}
	})
}

func TestRefusalsAreNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pods := &podCache{}
		var refusals opening.Refusals
		if !refusals.Last().IsZero() {
			t.Error("a refusal before anything was seen")
		}
		if err := refusals.Watch(t.Context(), pods); err != nil {
			t.Fatal(err)
		}
		waiting := func() *build.PodBuilder { return build.Pod("p").Unschedulable().Message("0/1 nodes") }
		steps := []struct {
			what          string
			before, after *corev1.Pod
			refused       bool
		}{
			{"the first words", build.Pod("p").Obj(), waiting().Obj(), true},
			{"the same words", waiting().Obj(), waiting().Obj(), false},
			{"a nomination", waiting().Obj(), waiting().Nominated("a").Obj(), false},
			{"other words", waiting().Obj(), waiting().Message("0/2 nodes").Obj(), true},
			{"a binding", waiting().Obj(), build.Pod("p").On("a").Scheduled(corev1.ConditionTrue, "").Obj(), false},
		}
		for _, step := range steps {
			time.Sleep(time.Second)
			before := refusals.Last()
			pods.handler.OnUpdate(step.before, step.after)
			if got := refusals.Last() != before; got != step.refused {
				t.Errorf("%s: counted as a refusal %t, want %t", step.what, got, step.refused)
			}
			if step.refused && !refusals.Last().Equal(time.Now()) {
				t.Errorf("%s: the refusal is noted for %v, want now", step.what, refusals.Last())
			}
		}
	})
}
