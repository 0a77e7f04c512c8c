package chaos

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/extender"
)

// podCount is how many pods each test places.
const podCount = 6

// replayed is the request with its body unread.
func replayed(r *http.Request, body []byte) *http.Request {
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	return again
}

// answers is an extender that says the same to everything.
func answers(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // a scheduler that hung up is what some tests want
	})
}

// slow is an extender whose answer, itself a good one for prioritize, comes too late.
func slow(delay time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(delay):
			_, _ = io.WriteString(w, "[]") // nobody listens any more
		case <-r.Context().Done():
		}
	})
}

// hung says nothing until the scheduler has hung up.
var hung = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })

// halfAnswer begins an answer and never ends it.
var halfAnswer = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, `[{"Host":`)
	_ = http.NewResponseController(w).Flush() // fails only when the scheduler has hung up
	<-r.Context().Done()
})

// endless answers as long as anybody listens.
var endless = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, "[")
	line := strings.Repeat(`{"Host":"nobody","Score":1},`, 100)
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, line); err != nil {
			return
		}
	}
})

// Given an extender that fails in any way, for every verb, when pods come, then each is placed in its first cycle, which asks each verb
// once at most, and nobody is evicted.
func TestPodsArePlacedWhateverTheExtenderAnswers(t *testing.T) {
	for name, handler := range map[string]http.Handler{
		"hung":             hung,
		"slow":             slow(300 * time.Millisecond),
		"half an answer":   halfAnswer,
		"endless":          endless,
		"no JSON":          answers(200, `{"NodeNames": [`),
		"nothing":          answers(200, ""),
		"null":             answers(200, "null"),
		"500":              answers(500, "[]"),
		"404":              answers(404, "404 page not found"),
		"moved":            http.RedirectHandler("/elsewhere", http.StatusMovedPermanently),
		"an error":         answers(200, `{"Error":"we are sorry"}`),
		"unknown nodes":    answers(200, `{"NodeNames":["nobody"],"NodeNameToMetaVictims":{"nobody":{"Pods":[{"UID":"1"}]}}}`),
		"unknown hosts":    answers(200, `[{"Host":"nobody","Score":10},{"Host":"","Score":10}]`),
		"a score too long": answers(200, `[{"Host":"nobody","Score":99999999999999999999}]`),
		"a fraction":       answers(200, `[{"Host":"nobody","Score":0.5}]`),
		"another type":     answers(200, `"placed"`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "500m")
			configuration := everyVerb(w.shipped(t))
			if name == "null" {
				// The scheduler reads it as "no node will do": that is what filterVerb costs with an extender that lies.
				delete(configuration.Extender(), "filterVerb")
			}
			asked := serve(t, configuration, handler)
			scheduler := startScheduler(t, configuration)
			w.place(t, "pod", podCount)
			checkAttempts(t, scheduler, podCount)
			asked.check(t, "prioritize")
			w.checkBystanders(t)
		})
	}
}

// Given the configuration that we ship and an extender that hangs, then each pod costs one call, which the scheduler ends by itself
// after the time-out it runs with.
func TestAHungExtenderCostsEachPodOneTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "500m")
	configuration := w.shipped(t)
	hanging := serve(t, configuration, hung)
	scheduler := startScheduler(t, configuration)
	running, err := scheduler.Running(t.Context())
	must(t, err)
	read, err := extender.ReadConfiguration(running)
	must(t, err)
	for _, finding := range extender.Check(read, extender.Expectation{Prioritize: true, SchedulerNames: []string{w.scheduler}}) {
		t.Errorf("the running scheduler: %v", finding)
	}
	w.place(t, "pod", podCount)
	checkAttempts(t, scheduler, podCount)
	hanging.check(t, "prioritize")
	if got := hanging.total(); got != podCount {
		t.Errorf("%d calls for %d pods, want one each", got, podCount)
	}
	w.checkBystanders(t)
}

// Given an extender whose scores are far out of range, then they move pods to another node and do nothing else.
func TestWildScoresOnlyChooseAmongNodesThatWillDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "500m")
	// The first node is full, so that no score may bring a pod there.
	filler := w.pod("filler", "3500m")
	filler.Spec.NodeName = w.nodes[0]
	w.createPod(t, filler)
	configuration := w.shipped(t)
	var scores []string
	for i, score := range []int64{1 << 40, 1 << 30, -(1 << 40)} {
		scores = append(scores, fmt.Sprintf(`{"Host":%q,"Score":%d}`, w.nodes[i], score))
	}
	asked := serve(t, configuration, answers(200, "["+strings.Join(scores, ",")+"]"))
	scheduler := startScheduler(t, configuration)
	w.place(t, "pod", podCount)
	checkAttempts(t, scheduler, podCount)
	asked.check(t, "prioritize")
	w.checkBystanders(t)
	for name, node := range w.placements(t, "pod", podCount) {
		if node != w.nodes[1] {
			t.Errorf("%s is on %s, want %s: the best scored of those with room", name, node, w.nodes[1])
		}
	}
}

// Given an extender of a later version, whose answers have fields that this scheduler does not know, then its scores count.
func TestScoresOfALaterVersionCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "500m")
	configuration := w.shipped(t)
	var scores []string
	for i, score := range []int{0, 10, 0} {
		scores = append(scores, fmt.Sprintf(`{"host":%q,"score":%d,"Confidence":0.5,"Because":{"Of":"price"}}`, w.nodes[i], score))
	}
	serve(t, configuration, answers(200, "["+strings.Join(scores, ",")+"]"))
	scheduler := startScheduler(t, configuration)
	w.place(t, "pod", podCount)
	checkAttempts(t, scheduler, podCount)
	for name, node := range w.placements(t, "pod", podCount) {
		if node != w.nodes[1] {
			t.Errorf("%s is on %s, want %s", name, node, w.nodes[1])
		}
	}
}

// Given an address where nobody listens, then pods are placed as if there were no extender.
func TestPodsArePlacedWithoutAnExtender(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "500m")
	configuration := everyVerb(w.shipped(t))
	serve(t, configuration, hung).server.Close()
	scheduler := startScheduler(t, configuration)
	w.place(t, "pod", podCount)
	checkAttempts(t, scheduler, podCount)
	w.checkBystanders(t)
}
