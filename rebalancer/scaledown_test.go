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
