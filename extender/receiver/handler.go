package receiver

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
	"github.com/vpsie/vpsie-autoscaler/extender/serving"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
)

// maxBody bounds a report: 15,000 nodes with names of 63 characters take 1 MB.
const maxBody = 4 << 20

// Receiver takes reports that are valid.
type Receiver interface {
	// Receive gives the result for each pod, in their order. It must not wait, and keeps no part of the report.
	Receive(*diagnosis.Report) []diagnosis.Result
}

// Options of a handler.
type Options struct {
	// Registerer takes the metrics. Nil means that they are counted but not exported.
	Registerer prometheus.Registerer
	// Log is told of requests that are no reports and, at debug level, of reports. The zero value discards both.
	Log logr.Logger
}

// NewHandler returns the handler that hands reports to the receiver. It answers 204 to each report, whatever became of it: the sender
// could do nothing about that. It fails if the metric cannot be registered.
func NewHandler(receiver Receiver, opts Options) (http.Handler, error) {
	results := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "vpsie_autoscaler_diagnosis_reports_total",
		Help: "Diagnoses of pods that a kube-scheduler with our plugin reported, by what became of them.",
	}, []string{"result"})
	if err := telemetry.Register(opts.Registerer, "receiver of diagnoses", results); err != nil {
		return nil, err
	}
	for _, result := range diagnosis.Results() {
		results.WithLabelValues(string(result)) // so that alerts have something to look at
	}
	h := &handler{receiver: receiver, results: results, log: opts.Log}
	mux := http.NewServeMux()
	mux.Handle(diagnosis.Path, serving.OnlyPost(http.HandlerFunc(h.take)))
	return mux, nil
}

type handler struct {
	receiver Receiver
	results  *prometheus.CounterVec
	log      logr.Logger
}

func (h *handler) take(w http.ResponseWriter, r *http.Request) {
	var report diagnosis.Report
	err := serving.ReadJSON(w, r, maxBody, &report)
	if err == nil {
		err = report.Validate()
	}
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	h.tell(&report)
	for _, result := range h.receiver.Receive(&report) {
		h.results.WithLabelValues(string(result)).Inc()
	}
	w.WriteHeader(http.StatusNoContent)
}

// maxTold is how many groups of a report are logged.
const maxTold = 20

// tell logs a report for whoever looks for the reasons of pods that are gone.
func (h *handler) tell(report *diagnosis.Report) {
	if !h.log.V(1).Enabled() {
		return
	}
	groups := make([]string, min(len(report.Groups), maxTold))
	for i := range groups {
		groups[i] = fmt.Sprintf("%d by %s", len(report.Groups[i].Nodes), report.Groups[i].By())
	}
	first := report.Pods[0]
	h.log.V(1).Info("kube-scheduler found no node", "pod", first.Namespace+"/"+first.Name, "pods", len(report.Pods), "nodes", report.Nodes, "groups", groups)
}

func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	h.results.WithLabelValues(string(diagnosis.Malformed)).Inc()
	status := http.StatusBadRequest
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		status = http.StatusRequestEntityTooLarge
		err = fmt.Errorf("the report has more than %d bytes", tooLarge.Limit)
	}
	h.log.Info("Refused what is no diagnosis", "from", r.RemoteAddr, "error", err.Error())
	http.Error(w, err.Error(), status)
}
