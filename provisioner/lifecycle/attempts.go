package lifecycle

import (
	"sync"
	"time"
)

// maxAttemptFactor bounds how much longer than at first the wait between two attempts becomes.
const maxAttemptFactor = 16

// attempts remember which machines could not be configured and when to try again: what fails for all machines of a large cluster must
// not use up the calls that creates and deletions need. The memory is not kept over a restart. The zero value is ready.
type attempts struct {
	mu     sync.Mutex
	byName map[string]attempt
}

type attempt struct {
	next time.Time
	wait time.Duration
}

// left is how long to wait at a point in time before the next attempt; zero when it may be made.
func (a *attempts) left(hostname string, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return max(0, a.byName[hostname].next.Sub(now))
}

// failed takes down an attempt that has failed, and returns how long to wait: at least so long, and twice as long as last time.
func (a *attempts) failed(hostname string, now time.Time, least time.Duration) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byName == nil {
		a.byName = map[string]attempt{}
	}
	wait := min(max(least, 2*a.byName[hostname].wait), maxAttemptFactor*least)
	a.byName[hostname] = attempt{next: now.Add(wait), wait: wait}
	return wait
}

// forget drops what is known about a machine.
func (a *attempts) forget(hostname string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.byName, hostname)
}
