package controlplane

import (
	"bytes"
	"io"
	"sync"
)

// tailBytes is enough for the end of one component's log.
const tailBytes = 8 << 10

// tail passes on what is written to it and remembers the end. It is safe for concurrent use.
type tail struct {
	next io.Writer

	mu  sync.Mutex
	end []byte
}

// newTail returns a tail that passes on to next, which may be nil.
func newTail(next io.Writer) *tail {
	if next == nil {
		next = io.Discard
	}
	return &tail{next: next}
}

// Write never fails: a broken screen is no reason to stop reading what a command has to say.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, p...)
	if extra := len(t.end) - tailBytes; extra > 0 {
		t.end = bytes.Clone(t.end[extra:])
	}
	_, _ = t.next.Write(p) // as promised above
	return len(p), nil
}

// String returns the last bytes written.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.end)
}
