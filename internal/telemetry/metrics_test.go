package telemetry_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
)

func TestEveryMetricIsMadeAndRegistered(t *testing.T) {
	registry := prometheus.NewRegistry()
	metrics := reflect.ValueOf(telemetry.NewMetrics(registry)).Elem()
	for i := range metrics.NumField() {
		name := metrics.Type().Field(i).Name
		if metrics.Field(i).IsNil() {
			t.Errorf("%s was never made", name)
			continue
		}
		if collector := metrics.Field(i).Interface().(prometheus.Collector); registry.Register(collector) == nil {
			t.Errorf("%s was made and not registered", name)
		}
	}
}

func TestMetricsKeepTheNamesThatDashboardsAskFor(t *testing.T) {
	registry := prometheus.NewRegistry()
	metrics := telemetry.NewMetrics(registry)
	metrics.NodeGroupReady.WithLabelValues("workers", "default").Set(3)
	metrics.PhaseTransitions.WithLabelValues("Pending", "Provisioning", "workers", "default").Inc()
	want := `
# HELP vpsie_autoscaler_nodegroup_ready_nodes Nodes of a group that can run pods.
# TYPE vpsie_autoscaler_nodegroup_ready_nodes gauge
vpsie_autoscaler_nodegroup_ready_nodes{namespace="default",nodegroup="workers"} 3
# HELP vpsie_autoscaler_vpsienode_phase_transitions_total Phase changes of VPSieNodes.
# TYPE vpsie_autoscaler_vpsienode_phase_transitions_total counter
vpsie_autoscaler_vpsienode_phase_transitions_total{from_phase="Pending",namespace="default",nodegroup="workers",to_phase="Provisioning"} 1
`
	err := testutil.GatherAndCompare(registry, strings.NewReader(want),
		"vpsie_autoscaler_nodegroup_ready_nodes", "vpsie_autoscaler_vpsienode_phase_transitions_total")
	if err != nil {
		t.Error(err)
	}
}
