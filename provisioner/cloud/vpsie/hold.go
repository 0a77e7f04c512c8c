package vpsie

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// hold keeps all requests back until the time that VPSie named in a Retry-After: a limit is that of the account, not of the request
// that happened to hit it.
type hold struct {
	mu    sync.Mutex
	until time.Time
}

// extend holds requests for at least the given time from now.
func (h *hold) extend(pause time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if until := time.Now().Add(pause); until.After(h.until) {
		h.until = until
	}
}

func (h *hold) left() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Until(h.until)
}

// wait sits out a short hold. A request that would have to wait longer than patience, or than its context lasts, is not sent.
func (h *hold) wait(ctx context.Context) error {
	for left := h.left(); left > 0; left = h.left() {
		deadline, limited := ctx.Deadline()
		if left > patience || limited && time.Until(deadline) < left {
			return fmt.Errorf("not sent: %w", &cloud.RateLimitError{RetryAfter: left})
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("not sent: %w: %w", &cloud.RateLimitError{RetryAfter: left}, context.Cause(ctx))
		}
	}
	return nil
}
