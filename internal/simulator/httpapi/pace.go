package httpapi

import (
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// CallLatency is how long calls take: half of them less than P50, 5 % longer than P95, 1 % longer than P99. The zero value is no
// time.
type CallLatency struct {
	P50, P95, P99 time.Duration
}

// at returns the latency that the given share of the calls, from 0 to 1, stays below.
func (l CallLatency) at(share float64) time.Duration {
	if l.P50 <= 0 {
		return 0
	}
	p95 := max(l.P95, l.P50)
	p99 := max(l.P99, p95)
	points := []struct {
		share float64
		took  time.Duration
	}{{0, l.P50 / 4}, {0.5, l.P50}, {0.95, p95}, {0.99, p99}, {1, p99 * 3 / 2}}
	for i := 1; i < len(points); i++ {
		low, high := points[i-1], points[i]
		if share <= high.share {
			part := (share - low.share) / (high.share - low.share)
			return time.Duration(float64(low.took) * math.Pow(float64(high.took)/float64(max(low.took, 1)), part))
		}
	}
	return p99 * 3 / 2
}

// pace slows callers down.
type pace struct {
	latency    CallLatency
	limit      int // calls a minute for each token; 0 is no limit
	retryAfter bool

	mu      sync.Mutex
	random  *rand.Rand
	windows map[string]*window
}

// window counts the calls of one token in one minute.
type window struct {
	began time.Time
	calls int
}

const windowLength = time.Minute

func newPace(options Options) *pace {
	return &pace{
		latency: options.CallLatency, limit: options.RateLimit, retryAfter: options.WithRetryAfter,
		random: rand.New(rand.NewPCG(options.Seed, 1)), windows: map[string]*window{},
	}
}

// delay draws the latency of one call.
func (p *pace) delay() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.latency.at(p.random.Float64())
}

// admit counts a call of a token. When it is one too many, it returns how long to wait.
func (p *pace) admit(token string) (wait time.Duration, ok bool) {
	if p.limit <= 0 {
		return 0, true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	current := p.windows[token]
	if current == nil || now.Sub(current.began) >= windowLength {
		current = &window{began: now}
		p.windows[token] = current
	}
	if current.calls >= p.limit {
		return current.began.Add(windowLength).Sub(now), false
	}
	current.calls++
	return 0, true
}

// answerWriter remembers the status of an answer and holds the answer back until it is due.
type answerWriter struct {
	http.ResponseWriter
	request *http.Request
	due     time.Time
	status  int
}

// WriteHeader implements http.ResponseWriter. It aborts the handler when the client gives up before the answer is due: what the
// call did stays done.
func (w *answerWriter) WriteHeader(status int) {
	if !wait(w.request, time.Until(w.due)) {
		panic(http.ErrAbortHandler)
	}
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// wait pauses for d and reports false when the client gave up first.
func wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// under200 answers refusals with status 200.
type under200 struct{ http.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w under200) WriteHeader(status int) {
	if status >= http.StatusBadRequest && status != http.StatusUnauthorized {
		status = http.StatusOK
	}
	w.ResponseWriter.WriteHeader(status)
}
