package postfilter

import (
	"sync"

	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"
)

// What became of a diagnosis.
const (
	resultSent     = "sent"     // at least one controller took it
	resultRepeated = "repeated" // it was sent not long ago
	resultDropped  = "dropped"  // the queue was full
	resultFailed   = "failed"   // no controller took it
)

// Metric is the name of what the scheduler's /metrics shows of the plugin.
const Metric = "vpsie_scheduler_diagnoses_total"

var diagnoses = metrics.NewCounterVec(&metrics.CounterOpts{
	Name:           Metric,
	Help:           "Pods that fitted on no node and whose diagnosis is for the autoscaler, by what became of it.",
	StabilityLevel: metrics.ALPHA,
}, []string{"result"})

// registerMetrics adds the metric to those of the scheduler, once for all profiles.
var registerMetrics = sync.OnceFunc(func() {
	legacyregistry.MustRegister(diagnoses)
	for _, result := range []string{resultSent, resultRepeated, resultDropped, resultFailed} {
		count(result, 0) // so that alerts have something to look at
	}
})

func count(result string, pods int) { diagnoses.WithLabelValues(result).Add(float64(pods)) }
