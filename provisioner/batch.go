package provisioner

import (
	"context"
	"time"
)

// Window says how long to collect pods before a plan is made: until none has come for Idle, but no longer than Max.
type Window struct {
	Idle, Max time.Duration
}

// collect waits for the window to close, which is opened by a first signal that has already been taken. It returns early with
// the context.
func (w Window) collect(ctx context.Context, signals <-chan struct{}) {
	longest := time.NewTimer(w.Max)
	defer longest.Stop()
	idle := time.NewTimer(w.Idle)
	defer idle.Stop()
	for {
		select {
		case <-signals:
			idle.Reset(w.Idle)
		case <-idle.C:
			return
		case <-longest.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
