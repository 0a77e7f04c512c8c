package webhook

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/webhook/eviction"
	"github.com/vpsie/vpsie-autoscaler/webhook/eviction/rules"
	"github.com/vpsie/vpsie-autoscaler/webhook/node"
)

// Metrics of the webhook. Their names are part of the API. A nil Metrics counts nothing.
type Metrics struct {
	duration  *prometheus.HistogramVec
	evictions *prometheus.CounterVec
	nodes     *prometheus.CounterVec
}

// NewMetrics makes the metrics and registers them, unless the registerer is nil. A second webhook on the same registerer is refused.
func NewMetrics(registerer prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vpsie_autoscaler_webhook_validation_duration_seconds",
			Help: "Time to answer an admission request, by resource, operation and result (allowed, denied or error).",
			// A healthy answer takes less than 3 ms, and the API server gives up after 2 or 3 s.
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 12),
		}, []string{"resource", "operation", "result"}),
		evictions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vpsie_autoscaler_webhook_evictions_total",
			Help: "Evictions that were judged, rehearsals left out, by outcome and the first reason against them.",
		}, []string{"outcome", "reason"}),
		nodes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vpsie_autoscaler_webhook_node_decisions_total",
			Help: "Deletions and taints of Nodes that were judged, rehearsals left out, by outcome and the reason against them.",
		}, []string{"outcome", "reason"}),
	}
	if err := telemetry.Register(registerer, "webhook", m.duration, m.evictions, m.nodes); err != nil {
		return nil, err
	}
	return m, nil
}

// observe measures the answers of a handler.
func (m *Metrics) observe(next admission.Handler) admission.Handler {
	if m == nil {
		return next
	}
	return admission.HandlerFunc(func(ctx context.Context, request admission.Request) admission.Response {
		start := time.Now()
		response := next.Handle(ctx, request)
		m.duration.WithLabelValues(resource(request), string(request.Operation), result(response)).Observe(time.Since(start).Seconds())
		return response
	})
}

// resource is what was asked about, as in a rule of a webhook's configuration.
func resource(request admission.Request) string {
	return strings.TrimSuffix(request.Resource.Resource+"/"+request.SubResource, "/")
}

func result(response admission.Response) string {
	switch {
	case response.Allowed:
		return "allowed"
	case response.Result != nil && (response.Result.Code == 400 || response.Result.Code >= 500):
		return "error"
	}
	return "denied"
}

func (m *Metrics) evicted(outcome eviction.Outcome, reason rules.Reason) {
	if m != nil {
		m.evictions.WithLabelValues(string(outcome), string(reason)).Inc()
	}
}

func (m *Metrics) node(outcome node.Outcome, reason node.Reason) {
	if m != nil {
		m.nodes.WithLabelValues(string(outcome), string(reason)).Inc()
	}
}
