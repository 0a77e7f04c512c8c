package unschedulable

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
)

// Metrics are what the detector measures. Their names are part of the API.
type Metrics struct {
	unschedulable *prometheus.CounterVec
	pods          *prometheus.GaugeVec
	oldest        *prometheus.GaugeVec
}

// NewMetrics makes the collectors and registers them, unless the registerer is nil.
func NewMetrics(registerer prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		unschedulable: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vpsie_autoscaler_unschedulable_pods_total",
			Help: "Pods that no node had a place for, by the constraint that kept them off most of the nodes meant for them.",
		}, []string{"constraint", "namespace"}),
		pods: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "vpsie_autoscaler_pending_pods_state",
			Help: "Pods without a node by what the detector makes of them.",
		}, []string{"state"}),
		oldest: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "vpsie_autoscaler_pending_pods_oldest_seconds",
			Help: "Time that the pod which came first into a state has been in it; zero without one.",
		}, []string{"state"}),
	}
	if err := telemetry.Register(registerer, "detector", m.unschedulable, m.pods, m.oldest); err != nil {
		return nil, err
	}
	return m, nil
}

// write publishes a census. States without a pod are zero, so that alerts have something to look at.
func (m *Metrics) write(c *census) {
	for _, state := range pendingStates {
		m.pods.WithLabelValues(string(state)).Set(float64(c.pods[state]))
		m.oldest.WithLabelValues(string(state)).Set(c.oldest[state].Seconds())
	}
}

// census counts pods by state and keeps the greatest age of each.
type census struct {
	pods   map[State]int
	oldest map[State]time.Duration
}

func (c *census) add(state State, age time.Duration) {
	if c.pods == nil {
		c.pods, c.oldest = map[State]int{}, map[State]time.Duration{}
	}
	c.pods[state]++
	c.oldest[state] = max(c.oldest[state], age)
}
