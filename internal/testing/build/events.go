package build

import (
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
)

// Events is an event recorder that keeps what it is told. The zero value is ready.
type Events struct {
	mu   sync.Mutex
	seen []string
}

var _ events.EventRecorder = (*Events)(nil)

// Eventf implements events.EventRecorder.
func (e *Events) Eventf(regarding, _ runtime.Object, _, reason, _, note string, args ...any) {
	name := "?"
	if object, err := meta.Accessor(regarding); err == nil {
		name = object.GetName()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen = append(e.seen, fmt.Sprintf("%s %s: %s", name, reason, fmt.Sprintf(note, args...)))
}

// Seen are the events so far, each as "object reason: note".
func (e *Events) Seen() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.seen...)
}
