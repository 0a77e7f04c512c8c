package rebalancer_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// web is a group of one node at least zero.
func web() *build.NodeGroupBuilder { return build.NodeGroup("web").Desired(1).Window(window) }

func oneEmptyNode() []client.Object { return objects(web().Obj(), node("a")) }

func TestEmptyNodeIsCordonedWatchedAndThenRemoved(t *testing.T) {
	scenario(t, oneEmptyNode, func(w *world) {
		w.runFor(window - time.Second)
		w.wantStates("a=staying")
		w.runFor(time.Second)
		w.reconcile()
		w.wantStates("a=cordoned")
		if w.desired() != 1 {
			t.Errorf("desired %d before the node was proven empty, want 1", w.desired())
		}
		w.runFor(settle)
		w.reconcile()
		w.wantStates("a=leaving")
		want := []string{"patch status VPSieNode a", "patch Node a", "patch NodeGroup web", "delete VPSieNode a"}
		if diff := cmp.Diff(want, w.writes); diff != "" {
			t.Errorf("writes (-want +got):\n%s", diff)
		}
		if w.desired() != 0 || testutil.ToFloat64(w.metrics.ScaleDowns.WithLabelValues("web", build.Namespace)) != 1 {
			t.Errorf("desired %d, want 0, and one scale-down counted", w.desired())
		}
		if seen := w.events.Seen(); len(seen) != 1 || !strings.HasPrefix(seen[0], "web ScalingDown: removing a: it has been empty for 10m") {
			t.Errorf("events %q", seen)
		}
	})
}

func TestNodeThatIsNeededAfterAllIsUncordoned(t *testing.T) {
	scenario(t, oneEmptyNode, func(w *world) {
		w.runFor(window)
		w.reconcile()
		w.wantStates("a=cordoned")
		w.create(build.Pod("late").On("a").Obj())
		w.runFor(settle)
		w.reconcile()
		w.wantStates("a=staying")
		if w.desired() != 1 {
			t.Errorf("desired %d, want 1", w.desired())
		}
	})
}

func TestOnlyTheLiveClusterCanProveANodeEmpty(t *testing.T) {
	scenario(t, oneEmptyNode, func(w *world) {
		w.runFor(window)
		w.reconcile()
		w.create(build.Pod("late").On("a").Obj())
		w.cache = func(call build.Call, object any, act func() error) error {
			if _, pods := object.(*corev1.PodList); pods {
				return nil // the cache does not show the pod yet
			}
			return act()
		}
		time.Sleep(settle)
		w.reconcile()
		w.wantStates("a=staying")
	})
}

func TestScaleDownResumesAfterARestartAtAnyWrite(t *testing.T) {
	var writes []string
	scenario(t, oneEmptyNode, func(w *world) {
		w.runFor(2 * window)
		writes = slices.Clone(w.writes)
	})
	died := errors.New("the process has died")
	for at := range writes {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, after it: %t", writes[at], after), func(t *testing.T) {
				scenario(t, oneEmptyNode, func(w *world) {
					count := 0
					w.intercept = func(_ string, act func() error) error {
						count++
						if count != at+1 {
							return act()
						}
						if after {
							_ = act()
						}
						return died
					}
					for range 10 {
						if result := w.reconcile(); w.lastErr == nil && result.RequeueAfter > 0 {
							time.Sleep(result.RequeueAfter)
						}
					}
					w.wantStates("a=leaving")
					if w.desired() != 0 {
						t.Errorf("desired %d, want 0", w.desired())
					}
				})
			})
		}
	}
	t.Logf("%d crash points: %v", 2*len(writes), writes)
}

func TestTimeOfEmptinessOutlivesTheProcess(t *testing.T) {
	scenario(t, oneEmptyNode, func(w *world) {
		w.reconcile()
		if got := w.empty("a"); got != "True 00:00:00" {
			t.Errorf("empty: %s", got)
		}
		time.Sleep(window - time.Minute)
		result := w.reconcile() // another process
		if got := w.empty("a"); got != "True 00:00:00" || result.RequeueAfter != time.Minute {
			t.Errorf("empty: %s, looking again in %v; want since the start and in a minute", got, result.RequeueAfter)
		}
	})
}

func TestWindowStartsAgainWhenANodeWasBusy(t *testing.T) {
	scenario(t, oneEmptyNode, func(w *world) {
		w.runFor(window / 2)
		pod := build.Pod("app").On("a").Obj()
		w.create(pod)
		w.runFor(time.Minute)
		if got := w.empty("a"); got != "False 00:05:00" {
			t.Errorf("empty: %s", got)
		}
		if err := w.api.Delete(t.Context(), pod); err != nil {
			t.Fatal(err)
		}
		w.runFor(window - time.Second)
		w.wantStates("a=staying")
		w.runFor(time.Minute)
		w.wantStates("a=leaving")
	})
}

func TestNodesThatStay(t *testing.T) {
	tests := map[string]func() []client.Object{
		"a pod runs there":     func() []client.Object { return objects(oneEmptyNode(), build.Pod("p").On("a").Obj()) },
		"the group is at min":  func() []client.Object { return objects(web().Min(1).Obj(), node("a")) },
		"scale-down is off":    func() []client.Object { return objects(web().ScaleDown(false).Obj(), node("a")) },
		"the group wants more": func() []client.Object { return objects(web().Desired(2).Obj(), node("a")) },
		"an annotation protects it": func() []client.Object {
			return objects(web().Obj(), build.VPSieNode("a", "web").Ready().Obj(), build.Node("a").Ready().Annotation(v1alpha1.AnnotationScaleDownDisabled, "true").Obj())
		},
		"the annotation of Cluster Autoscaler protects it": func() []client.Object {
			return objects(web().Obj(), build.VPSieNode("a", "web").Ready().Obj(), build.Node("a").Ready().Annotation("cluster-autoscaler.kubernetes.io/scale-down-disabled", "true").Obj())
		},
		"a pod that it was bought for still waits": func() []client.Object {
			return objects(web().Obj(), build.VPSieNode("a", "web").Ready().For("default/p").Obj(), build.Node("a").Ready().Obj(), build.Pod("p").Obj())
		},
		"it has not joined": func() []client.Object { return objects(web().Obj(), build.VPSieNode("a", "web").Obj()) },
	}
	for name, given := range tests {
		t.Run(name, func(t *testing.T) {
			scenario(t, given, func(w *world) {
				w.runFor(3 * window)
				w.wantStates("a=staying")
			})
		})
	}
}

func TestNodesThatGoAlthoughPodsAreThere(t *testing.T) {
	tests := map[string]client.Object{
		"of a DaemonSet": build.Pod("p").On("a").OwnedBy("DaemonSet", "logs").Obj(),
		"static":         build.Pod("p").On("a").Mirror().Obj(),
		"finished":       build.Pod("p").On("a").Phase(corev1.PodSucceeded).Obj(),
	}
	for name, pod := range tests {
		t.Run(name, func(t *testing.T) {
			scenario(t, func() []client.Object { return objects(oneEmptyNode(), pod) }, func(w *world) {
				w.runFor(window + time.Minute)
				w.wantStates("a=leaving")
			})
		})
	}
}

func TestMarkedNodeThatBecomesProtectedIsUncordoned(t *testing.T) {
	scenario(t, oneEmptyNode, func(w *world) {
		w.runFor(window)
		w.reconcile()
		w.wantStates("a=cordoned")
		node, _ := fetch(w, "", "a", &corev1.Node{})
		node.Annotations[v1alpha1.AnnotationScaleDownDisabled] = "true"
		w.change(node)
		w.reconcile()
		w.wantStates("a=staying")
	})
}

func TestMarkThatSomebodyElseWroteStartsTheWaitAgain(t *testing.T) {
	scenario(t, oneEmptyNode, func(w *world) {
		w.runFor(window)
		w.reconcile()
		node, _ := fetch(w, "", "a", &corev1.Node{})
		node.Annotations[v1alpha1.AnnotationScaleDownStarted] = "yesterday"
		w.change(node)
		time.Sleep(settle)
		if result := w.reconcile(); w.state("a") != "cordoned" || result.RequeueAfter != settle {
			t.Errorf("node %s, looking again in %v; want it cordoned for another %v", w.state("a"), result.RequeueAfter, settle)
		}
		time.Sleep(settle)
		w.reconcile()
		w.wantStates("a=leaving")
	})
}

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

func TestEmptyNodeStaysWhenTheGroupNeedsItOnTheLiveCluster(t *testing.T) {
	tests := map[string]func(group *v1alpha1.NodeGroup){
		"the minimum was raised": func(group *v1alpha1.NodeGroup) { group.Spec.MinNodes = 1 },
		"more nodes are wanted": func(group *v1alpha1.NodeGroup) {
			two := int32(2)
			group.Spec.DesiredNodes = &two
		},
	}
	for name, raise := range tests {
		t.Run(name, func(t *testing.T) {
			scenario(t, oneEmptyNode, func(w *world) {
				w.runFor(window)
				w.reconcile()
				w.wantStates("a=cordoned")
				outdated := w.group()
				live := w.group()
				raise(live)
				w.change(live)
				w.cache = func(call build.Call, object any, act func() error) error {
					err := act()
					if group, ok := object.(*v1alpha1.NodeGroup); ok && err == nil {
						outdated.DeepCopyInto(group)
					}
					return err
				}
				time.Sleep(settle)
				w.reconcile()
				w.wantStates("a=staying")
			})
		})
	}
}

func TestArrivingNodeIsNotWritten(t *testing.T) {
	scenario(t, func() []client.Object { return objects(web().Obj(), build.VPSieNode("a", "web").Obj()) }, func(w *world) {
		w.runFor(window)
		if len(w.writes) != 0 {
			t.Errorf("writes %v: they race with those of the node's own lifecycle, which loses what the cloud answered", w.writes)
		}
	})
}

func TestIdleGroupIsNotWritten(t *testing.T) {
	scenario(t, func() []client.Object { return objects(web().Min(1).Obj(), node("a")) }, func(w *world) {
		w.reconcile()
		w.writes = nil
		for range 5 {
			w.reconcile()
			time.Sleep(time.Hour)
		}
		if len(w.writes) != 0 {
			t.Errorf("writes %v", w.writes)
		}
	})
}

func TestGroupThatIsBeingDeletedIsLeftAlone(t *testing.T) {
	scenario(t, oneEmptyNode, func(w *world) {
		if err := w.api.Delete(t.Context(), w.group()); err != nil {
			t.Fatal(err)
		}
		w.runFor(2 * window)
		w.wantStates("a=staying")
	})
}
