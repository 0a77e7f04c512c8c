package repair_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/rebalancer/repair"
)

// world is an API server in virtual time with a repair on it.
type world struct {
	t       *testing.T
	api     client.WithWatch
	events  *build.Events
	metrics *telemetry.Metrics
	repair  *repair.Repair
	writes  []string
	// cache, when set, stands between the repair and what it reads; its writes pass.
	cache func(call build.Call, object any, act func() error) error
}

func scenario(t *testing.T, objects func() []client.Object, act func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, api: build.API(objects()...), events: &build.Events{}, metrics: telemetry.NewMetrics(prometheus.NewRegistry())}
		api := build.Watched(w.api, func(call build.Call, object any, act func() error) error {
			if call != build.OnGet && call != build.OnList {
				w.writes = append(w.writes, string(call)+" "+object.(client.Object).GetName())
				return act()
			}
			if w.cache != nil {
				return w.cache(call, object, act)
			}
			return act()
		})
		w.repair = repair.New(repair.Parts{Client: api, Live: w.api, Metrics: w.metrics, Events: w.events, Timeout: timeout})
		act(t, w)
	})
}

// web is a group of so many nodes.
func web(desired int32) client.Object { return build.NodeGroup("web").Desired(desired).Obj() }

// node is a VPSieNode of the group web that is ready, or has ceased to be for a reason.
func node(name, fault string) client.Object {
	object := build.VPSieNode(name, "web").Ready().Obj()
	if fault != "" {
		ready := &object.Status.Conditions[2]
		ready.Status, ready.Reason, ready.LastTransitionTime = metav1.ConditionFalse, fault, metav1.Now()
	}
	return object
}

func (w *world) reconcile() (reconcile.Result, error) {
	return w.repair.Reconcile(context.Background(), reconcile.Request{NamespacedName: client.ObjectKey{Name: "cluster"}})
}

func (w *world) turn() reconcile.Result {
	w.t.Helper()
	result, err := w.reconcile()
	if err != nil {
		w.t.Fatal(err)
	}
	return result
}

func (w *world) leaving() (names []string) {
	var list v1alpha1.VPSieNodeList
	if err := w.api.List(context.Background(), &list); err != nil {
		w.t.Fatal(err)
	}
	for _, object := range list.Items {
		if object.DeletionTimestamp != nil {
			names = append(names, object.Name)
		}
	}
	return names
}

func (w *world) wantLeaving(want ...string) {
	w.t.Helper()
	if got := w.leaving(); !slices.Equal(got, want) {
		w.t.Errorf("leaving: %v, want %v", got, want)
	}
}

func TestFailedNodeIsGivenUpAndTheGroupKeepsItsSize(t *testing.T) {
	scenario(t, func() []client.Object {
		return []client.Object{web(3), node("a", v1alpha1.ReasonNodeNotReady), node("b", ""), node("c", "")}
	}, func(t *testing.T, w *world) {
		if result := w.turn(); result.RequeueAfter != timeout {
			t.Errorf("looks again in %v, want %v", result.RequeueAfter, timeout)
		}
		w.wantLeaving()
		time.Sleep(timeout)
		w.turn()
		w.wantLeaving("a")
		w.turn()
		if diff := cmp.Diff([]string{"delete a"}, w.writes); diff != "" {
			t.Errorf("writes (-want +got):\n%s", diff)
		}
		if got := testutil.ToFloat64(w.metrics.NodesReplaced.WithLabelValues("web", build.Namespace, v1alpha1.ReasonNodeNotReady)); got != 1 {
			t.Errorf("%v replacements counted, want 1", got)
		}
		want := []string{"web Replacing: replacing a: it has not been ready for 10m0s (NodeNotReady)"}
		if diff := cmp.Diff(want, w.events.Seen()); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestNodesThatStay(t *testing.T) {
	tests := map[string]func() []client.Object{
		"it was never ready": func() []client.Object {
			return []client.Object{build.VPSieNode("a", "web").Condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNodeAwaited).Obj()}
		},
		"it has not joined": func() []client.Object { return []client.Object{build.VPSieNode("a", "web").Obj()} },
		"an annotation protects it": func() []client.Object {
			return []client.Object{node("a", v1alpha1.ReasonNodeNotReady), build.Node("a").NotReady().Annotation(v1alpha1.AnnotationScaleDownDisabled, "true").Obj()}
		},
	}
	for name, given := range tests {
		t.Run(name, func(t *testing.T) {
			scenario(t, func() []client.Object { return append(given(), web(1)) }, func(t *testing.T, w *world) {
				for range 5 {
					w.turn()
					time.Sleep(timeout)
				}
				if len(w.writes) != 0 || len(w.events.Seen()) != 0 {
					t.Errorf("writes %v, events %v", w.writes, w.events.Seen())
				}
			})
		})
	}
}

func TestProtectionEndsWithTheMachine(t *testing.T) {
	scenario(t, func() []client.Object {
		return []client.Object{web(1), node("a", v1alpha1.ReasonMachineMissing), build.Node("a").NotReady().Annotation(v1alpha1.AnnotationScaleDownDisabled, "true").Obj()}
	}, func(t *testing.T, w *world) {
		w.turn()
		w.wantLeaving("a")
	})
}

func TestGroupIsToldOnceThatNodesAreHeld(t *testing.T) {
	scenario(t, func() []client.Object {
		return []client.Object{web(3), node("a", v1alpha1.ReasonNodeNotReady), node("b", v1alpha1.ReasonNodeNotReady), node("c", v1alpha1.ReasonNodeNotReady)}
	}, func(t *testing.T, w *world) {
		time.Sleep(timeout)
		for range 4 {
			w.turn()
		}
		w.wantLeaving("a")
		held := slices.DeleteFunc(w.events.Seen(), func(event string) bool { return !strings.HasPrefix(event, "web RepairHeld: b: ") })
		if len(held) != 1 {
			t.Errorf("events %q, want one about held nodes", w.events.Seen())
		}
	})
}

// Given a cache that does not show a deletion of a moment ago, when the repair looks again, then it does not go past the guard.
func TestGuardDoesNotTrustACacheThatLags(t *testing.T) {
	scenario(t, func() []client.Object {
		return []client.Object{web(3), node("a", v1alpha1.ReasonNodeNotReady), node("b", v1alpha1.ReasonNodeNotReady), node("c", "")}
	}, func(t *testing.T, w *world) {
		time.Sleep(timeout)
		w.turn()
		w.cache = func(_ build.Call, object any, act func() error) error {
			err := act()
			if list, ok := object.(*v1alpha1.VPSieNodeList); ok { // "a" is out of sight, and so is its deletion
				list.Items = slices.DeleteFunc(list.Items, func(object v1alpha1.VPSieNode) bool { return object.Name == "a" })
			}
			return err
		}
		w.turn()
		w.wantLeaving("a")
	})
}

// Given a node that recovers while it is judged, when its deletion is asked for, then it is refused.
func TestNodeThatRecoversAtTheLastMomentStays(t *testing.T) {
	scenario(t, func() []client.Object {
		return []client.Object{web(1), node("a", v1alpha1.ReasonNodeNotReady), build.Node("a").NotReady().Obj()}
	}, func(t *testing.T, w *world) {
		time.Sleep(timeout)
		reads := 0
		w.cache = func(call build.Call, _ any, act func() error) error {
			if err := act(); err != nil || call != build.OnGet {
				return err
			}
			if reads++; reads < 2 { // the second read is that of the judgement on the live cluster
				return nil
			}
			var object v1alpha1.VPSieNode
			if err := w.api.Get(t.Context(), client.ObjectKey{Namespace: build.Namespace, Name: "a"}, &object); err != nil {
				return err
			}
			ready := &object.Status.Conditions[2]
			ready.Status, ready.Reason = metav1.ConditionTrue, v1alpha1.ReasonNodeReady
			return w.api.Status().Update(t.Context(), &object)
		}
		if _, err := w.reconcile(); !apierrors.IsConflict(err) {
			t.Errorf("Reconcile: %v, want a conflict", err)
		}
		w.wantLeaving()
		if got := testutil.CollectAndCount(w.metrics.NodesReplaced); got != 0 {
			t.Error("a replacement was counted")
		}
	})
}

func TestNothingIsReplacedWhenTheClusterCannotBeRead(t *testing.T) {
	broken := errors.New("connection reset")
	scenario(t, func() []client.Object { return []client.Object{web(1), node("a", v1alpha1.ReasonMachineMissing)} }, func(t *testing.T, w *world) {
		for _, kind := range []any{&v1alpha1.VPSieNodeList{}, &v1alpha1.NodeGroupList{}} {
			w.repair = repair.New(repair.Parts{
				Client: build.Failing(w.api, build.OnList, kind, broken), Live: w.api, Metrics: w.metrics, Events: w.events, Timeout: timeout,
			})
			if _, err := w.reconcile(); !errors.Is(err, broken) {
				t.Errorf("Reconcile: %v, want the error of the list", err)
			}
		}
		w.wantLeaving()
	})
}
