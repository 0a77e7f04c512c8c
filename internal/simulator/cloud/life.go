package cloud

import (
	"context"
	"time"
)

// live takes a machine through its states until its life ends.
func (c *Cloud) live(r *record) {
	ctx := r.life
	if r.Order.QueueFor > 0 {
		if !sleep(ctx, r.Order.QueueFor) {
			return
		}
		c.advance(ctx, r, StatePending, func(*Machine, time.Time) {})
	}
	if !sleep(ctx, r.schedule.build) || r.Order.Fate == FateStuckPending {
		return
	}
	if r.Order.Fate == FateVanish {
		c.advance(ctx, r, StateVanished, func(m *Machine, now time.Time) {
			m.Gone = now
			m.Order.forget()
		})
		return
	}
	c.advance(ctx, r, StateBuilding, func(*Machine, time.Time) {})
	if !sleep(ctx, r.schedule.gap) {
		return
	}
	c.advance(ctx, r, StateListed, func(m *Machine, now time.Time) {
		m.Listed = now
		c.bill.start(m.Plan.Hourly())
		c.switchOn(r)
	})
	if r.Order.Fate == FateDeletedOutside && sleep(ctx, r.Order.FateAfter) {
		c.deleteNow(r)
	}
}

// advance moves a machine forward, and reports false without doing anything when the context has ended or the machine is already
// being deleted.
func (c *Cloud) advance(ctx context.Context, r *record, to State, note func(*Machine, time.Time)) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil || r.State == StateDeleting || r.State.ended() {
		return false
	}
	r.State = to
	note(&r.Machine, time.Now())
	c.logStep(r)
	return true
}

func (c *Cloud) logStep(r *record) {
	c.log.Info("machine", "hostname", r.Order.Hostname, "state", r.State, "plan", r.Plan.Nickname, "datacenter", r.Datacenter.Name)
}

// sleep waits for d and reports false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
