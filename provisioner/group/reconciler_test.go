package group_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner"
	"github.com/vpsie/vpsie-autoscaler/provisioner/group"
)

const recheck = time.Minute

// world is an API server with a market, and a reconciler on it that looks after the group "web".
type world struct {
	t       *testing.T
	api     client.WithWatch
	metrics *telemetry.Metrics
	verdict provisioner.Verdict
	// short counts the calls of Short.
	short int
	// writes are the writes of the reconciler.
	writes []string
}

// Judge implements group.Market.
func (w *world) Judge(context.Context, *v1alpha1.NodeGroup) provisioner.Verdict { return w.verdict }

func newWorld(t *testing.T, objects ...client.Object) *world {
	return &world{t: t, api: build.API(objects...), metrics: telemetry.NewMetrics(prometheus.NewRegistry())}
}

func (w *world) reconcile() {
	w.t.Helper()
	api := build.Watched(w.api, func(call build.Call, object any, act func() error) error {
		if call != build.OnGet && call != build.OnList {
			w.writes = append(w.writes, string(call)+" "+object.(client.Object).GetName())
		}
		return act()
	})
	r := &group.Reconciler{Parts: group.Parts{Client: api, Market: w, Short: func() { w.short++ }, Metrics: w.metrics, Recheck: recheck}}
	if _, err := r.Reconcile(w.t.Context(), reconcile.Request{NamespacedName: key("web")}); err != nil {
		w.t.Fatal(err)
	}
}

func key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: build.Namespace, Name: name}
}

// group is the NodeGroup; nil when it is gone.
func (w *world) group() *v1alpha1.NodeGroup {
	w.t.Helper()
	var found v1alpha1.NodeGroup
	err := w.api.Get(w.t.Context(), key("web"), &found)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return &found
}

// condition is one of the group's, as "Status Reason".
func (w *world) condition(kind string) string {
	w.t.Helper()
	found := meta.FindStatusCondition(w.group().Status.Conditions, kind)
	if found == nil {
		return ""
	}
	return string(found.Status) + " " + found.Reason
}

// nodes are the VPSieNodes of the group that are not being deleted, and those that are.
func (w *world) nodes() (staying, leaving []string) {
	w.t.Helper()
	var list v1alpha1.VPSieNodeList
	if err := w.api.List(w.t.Context(), &list); err != nil {
		w.t.Fatal(err)
	}
	for _, node := range list.Items {
		if node.DeletionTimestamp == nil {
			staying = append(staying, node.Name)
		} else {
			leaving = append(leaving, node.Name)
		}
	}
	return staying, leaving
}

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

func TestConditionsSayHowTheGroupIs(t *testing.T) {
	tests := map[string]struct {
		group                *build.NodeGroupBuilder
		nodes                []client.Object
		verdict              provisioner.Verdict
		ready, scaling, full string
		current, readyNodes  int32
	}{
		"without nodes": {
			group: build.NodeGroup("web"),
			ready: "True Reconciled", scaling: "False Steady", full: "False BelowMax",
		},
		"all nodes ready, at the maximum": {
			group: build.NodeGroup("web").Max(1).Desired(1), nodes: []client.Object{build.VPSieNode("a", "web").Ready().Obj()},
			ready: "True Reconciled", scaling: "False Steady", full: "True AtMax", current: 1, readyNodes: 1,
		},
		"a node on its way in": {
			group: build.NodeGroup("web").Desired(1), nodes: []client.Object{build.VPSieNode("a", "web").Obj()},
			ready: "True Reconciled", scaling: "True NodesPending", full: "False BelowMax", current: 1,
		},
		"a node on its way out": {
			group: build.NodeGroup("web"), nodes: []client.Object{build.VPSieNode("a", "web").Ready().Deleting().Obj()},
			ready: "True Reconciled", scaling: "True NodesPending", full: "False BelowMax", current: 1,
		},
		"a node that people must help": {
			group: build.NodeGroup("web").Desired(1),
			nodes: []client.Object{build.VPSieNode("a", "web").Condition(v1alpha1.ConditionLaunched, metav1.ConditionFalse, v1alpha1.ReasonQuotaExceeded).Obj()},
			ready: "False NodesFailed", scaling: "True NodesPending", full: "False BelowMax", current: 1,
		},
		"a market that does not serve it": {
			group: build.NodeGroup("web"), verdict: provisioner.Verdict{Reason: v1alpha1.ReasonCredentialsRejected, Message: "refused"},
			ready: "False CredentialsRejected", scaling: "False Steady", full: "False BelowMax",
		},
		"nodes of another group": {
			group: build.NodeGroup("web"), nodes: []client.Object{build.VPSieNode("a", "other").Ready().Obj()},
			ready: "True Reconciled", scaling: "False Steady", full: "False BelowMax",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, append(test.nodes, test.group.Obj())...)
			w.verdict = test.verdict
			w.reconcile()
			got := []string{w.condition(v1alpha1.ConditionReady), w.condition(v1alpha1.ConditionScaling), w.condition(v1alpha1.ConditionAtMaxCapacity)}
			if diff := cmp.Diff([]string{test.ready, test.scaling, test.full}, got); diff != "" {
				t.Errorf("Ready, Scaling, AtMaxCapacity (-want +got):\n%s", diff)
			}
			if status := w.group().Status; status.CurrentNodes != test.current || status.ReadyNodes != test.readyNodes {
				t.Errorf("%d nodes, %d ready; want %d and %d", status.CurrentNodes, status.ReadyNodes, test.current, test.readyNodes)
			}
		})
	}
}

func TestIdleGroupIsNotWritten(t *testing.T) {
	w := newWorld(t, build.NodeGroup("web").Desired(1).Obj(), build.VPSieNode("a", "web").Ready().Obj())
	w.reconcile()
	w.writes = nil
	for range 3 {
		w.reconcile()
	}
	if len(w.writes) != 0 {
		t.Errorf("writes: %v", w.writes)
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

// release lets a VPSieNode go, as its lifecycle does when the machine is gone.
func (w *world) release(name string) {
	w.t.Helper()
	var node v1alpha1.VPSieNode
	if err := w.api.Get(w.t.Context(), key(name), &node); err != nil {
		w.t.Fatal(err)
	}
	node.Finalizers = nil
	if err := w.api.Update(w.t.Context(), &node); err != nil {
		w.t.Fatal(err)
	}
}

func TestMetricsShowTheGroupAndForgetItWithIt(t *testing.T) {
	w := newWorld(t, build.NodeGroup("web").Min(1).Max(4).Desired(2).Obj(), build.VPSieNode("a", "web").Ready().Obj(),
		build.VPSieNode("b", "web").Phase(v1alpha1.PhaseProvisioning).Obj())
	w.reconcile()
	gauges := map[string]struct {
		gauge *prometheus.GaugeVec
		want  float64
	}{
		"min": {w.metrics.NodeGroupMin, 1}, "max": {w.metrics.NodeGroupMax, 4}, "desired": {w.metrics.NodeGroupDesired, 2},
		"current": {w.metrics.NodeGroupCurrent, 2}, "ready": {w.metrics.NodeGroupReady, 1},
	}
	for name, test := range gauges {
		if got := testutil.ToFloat64(test.gauge.WithLabelValues("web", build.Namespace)); got != test.want {
			t.Errorf("%s nodes: %v, want %v", name, got, test.want)
		}
	}
	for phase, want := range map[string]float64{v1alpha1.PhaseReady: 1, v1alpha1.PhaseProvisioning: 1, v1alpha1.PhaseFailed: 0} {
		if got := testutil.ToFloat64(w.metrics.NodePhase.WithLabelValues(phase, "web", build.Namespace)); got != want {
			t.Errorf("phase %s: %v nodes, want %v", phase, got, want)
		}
	}

	group := w.group()
	group.Finalizers = nil
	if err := w.api.Update(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	if err := w.api.Delete(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	w.reconcile()
	if left := testutil.CollectAndCount(w.metrics.NodeGroupReady) + testutil.CollectAndCount(w.metrics.NodePhase); left != 0 {
		t.Errorf("%d series of a group that has gone", left)
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
