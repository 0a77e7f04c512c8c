package telemetry_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
)

func TestCollectorsAreRegisteredOnce(t *testing.T) {
	registry := prometheus.NewRegistry()
	answers, panics, other := total("answers_total"), total("panics_total"), total("other_total")
	if err := telemetry.Register(registry, "extender", answers, panics); err != nil {
		t.Fatal(err)
	}
	err := telemetry.Register(registry, "extender", answers, other, panics)
	if err == nil || !strings.Contains(err.Error(), "extender's metrics") || strings.Count(err.Error(), "duplicate") != 2 {
		t.Errorf("error %v, want the two that are there already refused on behalf of the extender", err)
	}
	if registry.Register(other) == nil {
		t.Error("a collector beside refused ones was not registered")
	}
}

func TestWithoutARegistererNothingIsRegistered(t *testing.T) {
	if err := telemetry.Register(nil, "extender", total("answers_total"), total("answers_total")); err != nil {
		t.Errorf("error %v, want none", err)
	}
}

func total(name string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: name})
}
