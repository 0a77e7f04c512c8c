package lifecycle

import (
	"sync"
	"time"
)

// pause holds the create calls of all VPSieNodes back after a refusal that says nothing about the one machine: a quota, refused
// credentials, a rate limit, a cloud that fails. A hundred nodes that wait then cost one call at a time and not a hundred. It is
// not kept over a restart: the first call shows whether it is over. The zero value is no pause.
type pause struct {
	mu              sync.Mutex
	until           time.Time // zero while there is none
	reason, message string
}

// begin holds calls back until a point in time.
func (p *pause) begin(until time.Time, reason, message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until, p.reason, p.message = until, reason, message
}

// end lets every call through again.
func (p *pause) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = time.Time{}
}

// left says how long a call must wait at a point in time, and why; zero means that it may go. When the time is up one call goes
// first, and the others wait for its answer, or so long as probe.
func (p *pause) left(now time.Time, probe time.Duration) (wait time.Duration, reason, message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.until.IsZero():
		return 0, "", ""
	case now.Before(p.until):
		return p.until.Sub(now), p.reason, p.message
	}
	p.until = now.Add(probe)
	return 0, "", ""
}
