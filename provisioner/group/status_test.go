package group_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/costs"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner"
)

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
		"a node that the account has no room for": {
			group: build.NodeGroup("web").Desired(1),
			nodes: []client.Object{build.VPSieNode("a", "web").Condition(v1alpha1.ConditionLaunched, metav1.ConditionFalse, v1alpha1.ReasonQuotaExceeded).Obj()},
			ready: "False QuotaExceeded", scaling: "True NodesPending", full: "False BelowMax", current: 1,
		},
		"a node that people must help": {
			group: build.NodeGroup("web").Desired(1),
			nodes: []client.Object{build.VPSieNode("a", "web").Condition(v1alpha1.ConditionLaunched, metav1.ConditionFalse, v1alpha1.ReasonInvalidBootstrap).Obj()},
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

func TestMetricsShowTheGroupAndForgetItWithIt(t *testing.T) {
	w := newWorld(t, build.NodeGroup("web").Min(1).Max(4).Desired(2).Obj(), build.VPSieNode("a", "web").Ready().Obj(),
		build.VPSieNode("b", "web").Phase(v1alpha1.PhaseProvisioning).Obj())
	w.cost = costs.Group{PerHour: 2_500_000_000}
	w.reconcile()
	gauges := map[string]struct {
		gauge *prometheus.GaugeVec
		want  float64
	}{
		"min": {w.metrics.NodeGroupMin, 1}, "max": {w.metrics.NodeGroupMax, 4}, "desired": {w.metrics.NodeGroupDesired, 2},
		"current": {w.metrics.NodeGroupCurrent, 2}, "ready": {w.metrics.NodeGroupReady, 1}, "cost of": {w.metrics.NodeGroupCost, 2.5},
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
