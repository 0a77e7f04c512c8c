package docs_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vpsie/vpsie-autoscaler/extender"
	"github.com/vpsie/vpsie-autoscaler/extender/receiver"
	"github.com/vpsie/vpsie-autoscaler/extender/unschedulable"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/webhook"
)

// metricsTable lists every metric of the suite, by part and name.
func metricsTable(t *testing.T) string {
	var table strings.Builder
	for _, part := range []struct {
		name     string
		register func(prometheus.Registerer) error
	}{
		{"controller", func(r prometheus.Registerer) error {
			telemetry.NewMetrics(r)
			return nil
		}},
		{"detector", func(r prometheus.Registerer) error {
			_, err := unschedulable.NewMetrics(r)
			return err
		}},
		{"extender", func(r prometheus.Registerer) error {
			_, err := extender.NewHandler(nil, extender.Options{Registerer: r}) // nobody asks it
			return err
		}},
		{"receiver of diagnoses", func(r prometheus.Registerer) error {
			_, err := receiver.NewHandler(nil, receiver.Options{Registerer: r}) // nobody reports to it
			return err
		}},
		{"webhook", func(r prometheus.Registerer) error {
			_, err := webhook.NewMetrics(r)
			return err
		}},
	} {
		var metrics collected
		if err := part.register(&metrics); err != nil {
			t.Fatal(err)
		}
		if len(metrics) == 0 {
			t.Fatalf("the %s registers no metric", part.name)
		}
		slices.Sort(metrics)
		fmt.Fprintf(&table, "\nOf the %s:\n\n| metric | kind | labels | meaning |\n|---|---|---|---|\n%s\n", part.name, strings.Join(metrics, "\n"))
	}
	return table.String() + "\n"
}

// collected is a Registerer that writes a row of the table for every metric.
type collected []string

var _ prometheus.Registerer = (*collected)(nil)

// description is how a prometheus.Desc prints itself; it has no other way to tell its name.
var description = regexp.MustCompile(`^Desc{fqName: "([^"]*)", help: "([^"]*)",.* variableLabels: {(.*)}}$`)

func (c *collected) Register(collector prometheus.Collector) error {
	descriptions := make(chan *prometheus.Desc, 1)
	collector.Describe(descriptions)
	match := description.FindStringSubmatch((<-descriptions).String())
	if match == nil {
		return fmt.Errorf("%T describes itself in an unknown way", collector)
	}
	name, help, labels := match[1], match[2], strings.ReplaceAll(match[3], ",", ", ")
	*c = append(*c, fmt.Sprintf("| `%s` | %s | %s | %s |", name, kind(collector), labels, help))
	return nil
}

func (c *collected) MustRegister(collectors ...prometheus.Collector) {
	for _, collector := range collectors {
		if err := c.Register(collector); err != nil {
			panic(err)
		}
	}
}

func (c *collected) Unregister(prometheus.Collector) bool { return false }

func kind(collector prometheus.Collector) string {
	switch collector.(type) {
	case *prometheus.GaugeVec, prometheus.Gauge:
		return "gauge"
	case *prometheus.CounterVec, prometheus.Counter:
		return "counter"
	case *prometheus.HistogramVec, prometheus.Histogram:
		return "histogram"
	}
	return fmt.Sprintf("%T", collector)
}
