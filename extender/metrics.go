package extender

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
)

// metrics of the extender. Their names are part of the API.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	panics   *prometheus.CounterVec
}

// newMetrics makes the collectors and registers them, unless the registerer is nil. A second extender on the same registerer
// is refused.
func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vpsie_autoscaler_extender_requests_total",
			Help: "Requests of kube-scheduler that were answered, by verb and HTTP status code.",
		}, []string{"verb", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vpsie_autoscaler_extender_request_duration_seconds",
			Help: "Time from the request's header to the end of the answer, by verb.",
			// The scheduler gives up after 0.2 seconds, and a healthy answer takes less than 0.01.
			Buckets: []float64{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1},
		}, []string{"verb"}),
		panics: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vpsie_autoscaler_extender_panics_total",
			Help: "Requests that ended in a recovered panic, by verb. Anything but zero is a bug.",
		}, []string{"verb"}),
	}
	if err := telemetry.Register(registerer, "extender", m.requests, m.duration, m.panics); err != nil {
		return nil, err
	}
	return m, nil
}

// observe counts the answers of the handler and measures them.
func (m *metrics) observe(verb string, next http.Handler) http.Handler {
	duration := m.duration.WithLabelValues(verb)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(recorder, r)
		duration.Observe(time.Since(start).Seconds())
		m.requests.WithLabelValues(verb, strconv.Itoa(recorder.status)).Inc()
	})
}

// statusRecorder remembers the status that was written.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status and passes it on.
func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}
