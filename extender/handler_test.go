package extender_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/vpsie/vpsie-autoscaler/extender"
	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

func TestAVerbThatIsOffIsNotFound(t *testing.T) {
	cases := map[string]struct {
		opts extender.Options
		want map[string]int
	}{
		"all off":         {extender.Options{}, map[string]int{"prioritize": 404, "filter": 404, "preempt": 404, "bind": 404}},
		"only prioritize": {extender.Options{Prioritize: true}, map[string]int{"prioritize": 200, "filter": 404, "preempt": 404}},
		"only filter":     {extender.Options{Filter: true}, map[string]int{"prioritize": 404, "filter": 200, "preempt": 404}},
		"only preempt":    {extender.Options{Preempt: true}, map[string]int{"prioritize": 404, "filter": 404, "preempt": 200}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			handler := newHandler(t, smallCluster(), c.opts)
			for verb, want := range c.want {
				if got, _ := post(handler, verb, encode(t, names("empty"))); got != want {
					t.Errorf("%s answered %d, want %d", verb, got, want)
				}
			}
		})
	}
}

func TestBadRequestsAreRefused(t *testing.T) {
	whole := `{"Pod":{"metadata":{"name":"cart"}},"NodeNames":["empty"]}`
	cases := map[string]struct {
		body string
		want int
	}{
		"a whole request is answered":       {whole, 200},
		"white space around it is allowed":  {" \n" + whole + "\n ", 200},
		"keys that are unknown are allowed": {`{"Pod":{},"NodeNames":[],"Later":1}`, 200},
		"an empty body":                     {``, 400},
		"half a request":                    {whole[:20], 400},
		"not JSON":                          {`hello`, 400},
		"an array":                          {`[]`, 400},
		"a number for a name":               {`{"Pod":{"metadata":{"name":1}}}`, 400},
		"no pod":                            {`{"NodeNames":["empty"]}`, 400},
		"a null pod":                        {`{"Pod":null,"NodeNames":["empty"]}`, 400},
		"null":                              {`null`, 400},
		"a broken quantity":                 {`{"Pod":{"spec":{"containers":[{"resources":{"requests":{"cpu":"much"}}}]}}}`, 400},
		"two requests in one":               {whole + whole, 400},
		"more than 16 MiB":                  {`{"Pod":{"metadata":{"name":"` + strings.Repeat("x", 16<<20) + `"}}}`, 413},
		"16 MiB of white space behind":      {whole + strings.Repeat(" ", 16<<20), 413},
	}
	handler := newHandler(t, smallCluster(), everyVerb)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, verb := range []string{"prioritize", "filter", "preempt"} {
				if got, answer := post(handler, verb, []byte(c.body)); got != c.want {
					t.Errorf("%s answered %d %.200s, want %d", verb, got, answer, c.want)
				}
			}
		})
	}
}

func TestOnlyPostToTheExactPathIsServed(t *testing.T) {
	cases := map[string]struct {
		method, path string
		want         int
	}{
		"GET":             {http.MethodGet, "/scheduler/v1/prioritize", 405},
		"PUT":             {http.MethodPut, "/scheduler/v1/filter", 405},
		"DELETE":          {http.MethodDelete, "/scheduler/v1/preempt", 405},
		"a doubled slash": {http.MethodPost, "/scheduler/v1//prioritize", 404},
		"a slash behind":  {http.MethodPost, "/scheduler/v1/prioritize/", 404},
		"the prefix":      {http.MethodPost, "/scheduler/v1", 404},
		"the root":        {http.MethodPost, "/", 404},
	}
	handler := newHandler(t, smallCluster(), everyVerb)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequest(c.method, c.path, bytes.NewReader(encode(t, names("empty")))))
			if allow := answer.Header().Get("Allow"); c.want == 405 && allow != "POST" {
				t.Errorf("%s %s allows %q, want POST", c.method, c.path, allow)
			}
			if answer.Code != c.want {
				t.Errorf("%s %s answered %d, want %d", c.method, c.path, answer.Code, c.want)
			}
		})
	}
}

// broken is a source that panics.
type broken struct{}

func (broken) Snapshot() *score.Snapshot { panic("no picture today") }

func TestAPanicIsAnsweredAndCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	opts := everyVerb
	opts.Registerer = registry
	handler, err := extender.NewHandler(broken{}, opts)
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := post(handler, "prioritize", encode(t, names("empty"))); status != http.StatusInternalServerError {
		t.Errorf("answered %d, want 500", status)
	}
	wantMetrics(t, registry, `
		# HELP vpsie_autoscaler_extender_panics_total Requests that ended in a recovered panic, by verb. Anything but zero is a bug.
		# TYPE vpsie_autoscaler_extender_panics_total counter
		vpsie_autoscaler_extender_panics_total{verb="prioritize"} 1
		# HELP vpsie_autoscaler_extender_requests_total Requests of kube-scheduler that were answered, by verb and HTTP status code.
		# TYPE vpsie_autoscaler_extender_requests_total counter
		vpsie_autoscaler_extender_requests_total{code="500",verb="prioritize"} 1
	`)
}

func TestRequestsAreCountedByVerbAndCode(t *testing.T) {
	registry := prometheus.NewRegistry()
	opts := everyVerb
	opts.Registerer = registry
	handler := newHandler(t, smallCluster(), opts)
	post(handler, "prioritize", encode(t, names("empty")))
	post(handler, "prioritize", encode(t, names("empty")))
	post(handler, "filter", []byte("hello"))
	wantMetrics(t, registry, `
		# HELP vpsie_autoscaler_extender_requests_total Requests of kube-scheduler that were answered, by verb and HTTP status code.
		# TYPE vpsie_autoscaler_extender_requests_total counter
		vpsie_autoscaler_extender_requests_total{code="200",verb="prioritize"} 2
		vpsie_autoscaler_extender_requests_total{code="400",verb="filter"} 1
	`)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	measured := map[string]uint64{}
	for _, family := range families {
		if family.GetName() != "vpsie_autoscaler_extender_request_duration_seconds" {
			continue
		}
		for _, metric := range family.Metric {
			measured[metric.Label[0].GetValue()] = metric.Histogram.GetSampleCount()
		}
	}
	if measured["prioritize"] != 2 || measured["filter"] != 1 || measured["preempt"] != 0 {
		t.Errorf("measured %v, want 2 prioritize and 1 filter", measured)
	}
}

func TestMetricsAreRegisteredOnce(t *testing.T) {
	opts := everyVerb
	opts.Registerer = prometheus.NewRegistry()
	newHandler(t, nil, opts)
	if _, err := extender.NewHandler(fixed{}, opts); err == nil {
		t.Error("a second extender took the metrics of the first")
	}
}

func wantMetrics(t *testing.T, registry *prometheus.Registry, want string) {
	t.Helper()
	err := testutil.GatherAndCompare(registry, strings.NewReader(want),
		"vpsie_autoscaler_extender_requests_total", "vpsie_autoscaler_extender_panics_total")
	if err != nil {
		t.Error(err)
	}
}
