package httpapi

import (
	"net/http"
	"sync"
	"time"
)

// Call is one entry of the call log. It holds nothing from the body but the host name.
type Call struct {
	Seq      int       `json:"seq"` // from 1, in the order of arrival
	Time     time.Time `json:"time"`
	Method   string    `json:"method"`
	Path     string    `json:"path"`
	Status   int       `json:"status"` // 0 when there was no answer, or not yet
	Hostname string    `json:"hostname,omitempty"`
}

// callLogLength is how many calls are kept; older ones are dropped.
const callLogLength = 50_000

// CallLog is the most recent calls. The zero value is empty and ready to use. It is safe for concurrent use.
type CallLog struct {
	mu    sync.Mutex
	calls []*Call
	seq   int
}

// Since returns the calls with a sequence number above seq, oldest first.
func (l *CallLog) Since(seq int) []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := []Call{}
	for _, call := range l.calls {
		if call.Seq > seq {
			found = append(found, *call)
		}
	}
	return found
}

// begin records the arrival of a call and returns what completes the entry.
func (l *CallLog) begin(r *http.Request, hostname string) (end func(status int)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seq++
	call := &Call{Seq: l.seq, Time: time.Now(), Method: r.Method, Path: r.URL.Path, Hostname: hostname}
	if len(l.calls) == callLogLength {
		l.calls = append(l.calls[:0:0], l.calls[callLogLength/10:]...) // drop the oldest tenth at a time
	}
	l.calls = append(l.calls, call)
	return func(status int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		call.Status = status
	}
}
