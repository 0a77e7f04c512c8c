package extender

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/gorilla/mux"

	"github.com/vpsie/vpsie-autoscaler/extender/score"
	"github.com/vpsie/vpsie-autoscaler/extender/serving"
)

// PathPrefix is where the verbs are served: the path of urlPrefix in the scheduler's configuration.
const PathPrefix = "/scheduler/v1"

// Source gives the latest picture of the cluster. It must not block; feed.Feed is one.
type Source interface {
	// Snapshot returns nil as long as nothing is known.
	Snapshot() *score.Snapshot
}

// verbs answers the scheduler from the snapshots of a source.
type verbs struct {
	source Source
	veto   time.Duration
	log    logr.Logger

	warnedFullNodes atomic.Bool
}

// NewHandler returns the handler of the verbs that the options switch on. It fails if the metrics cannot be registered.
func NewHandler(source Source, opts Options) (http.Handler, error) {
	metrics, err := newMetrics(opts.Registerer)
	if err != nil {
		return nil, err
	}
	v := &verbs{source: source, veto: opts.PreemptVeto, log: opts.Log}
	if v.veto == 0 {
		v.veto = DefaultPreemptVeto
	}
	// Cleaning a path means answering 301, which Go's client follows with a GET: a doubled slash would turn into a riddle.
	router := mux.NewRouter().SkipClean(true)
	for _, verb := range []struct {
		name   string
		on     bool
		handle http.HandlerFunc
	}{
		{"prioritize", opts.Prioritize, v.prioritize},
		{"filter", opts.Filter, v.filter},
		{"preempt", opts.Preempt, v.preempt},
	} {
		if verb.on {
			handler := recovering(metrics, verb.name, opts.Log, serving.OnlyPost(verb.handle))
			router.Handle(PathPrefix+"/"+verb.name, metrics.observe(verb.name, handler))
		}
	}
	return router, nil
}

// recovering answers 500 when the handler panics: the scheduler then goes on without us.
func recovering(m *metrics, verb string, log logr.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if cause := recover(); cause != nil {
				m.panics.WithLabelValues(verb).Inc()
				log.Error(nil, "The extender panicked", "verb", verb, "panic", cause)
				http.Error(w, "the extender failed, see its log", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}
