package cloud

import (
	"context"
	"time"
)

// live takes a machine through its states until ctx ends.
func (c *Cloud) live(ctx context.Context, r *record) {
	if !sleep(ctx, r.schedule.build) || r.Order.Fate == FateStuckPending {
		return
	}
	if r.Order.Fate == FateVanish {
		c.advance(r, StateVanished, func(m *Machine, now time.Time) { m.Gone = now })
		return
	}
	c.advance(r, StateBuilding, func(*Machine, time.Time) {})
	if !sleep(ctx, r.schedule.gap) {
		return
	}
	c.advance(r, StateListed, func(m *Machine, now time.Time) {
		m.Listed = now
		c.bill.start(m.Plan.Hourly())
	})
	if !sleep(ctx, r.schedule.boot) {
		return
	}
	if !c.advance(r, StateBooted, func(m *Machine, now time.Time) { m.Booted = now }) {
		return
	}
	if c.options.Guest != nil && r.Order.Fate != FateNeverJoin {
		c.options.Guest.Run(ctx, r.host(), report{c, r})
	}
}

// advance moves a machine forward, and reports false without doing anything when it is already being deleted or ended.
func (c *Cloud) advance(r *record, to State, note func(*Machine, time.Time)) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.State == StateDeleting || r.State.ended() {
		return false
	}
	r.State = to
	note(&r.Machine, time.Now())
	c.logStep(r)
	return true
}

// Delete asks for the listed machine with the identifier to be deleted: it is powered off now and leaves the list later. It
// reports false when no such machine is listed; asking again while it is being deleted changes nothing.
func (c *Cloud) Delete(identifier string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.records {
		if r.Identifier != identifier || !r.State.listed() {
			continue
		}
		if r.State != StateDeleting {
			c.shutDown(r)
			c.spawn(func() {
				if sleep(c.ctx, r.schedule.gone) {
					c.end(r)
				}
			})
		}
		return true
	}
	return false
}

// DeleteOutside removes every machine and pending order with the host name at once, as somebody with access to the account's
// console might. It returns how many there were.
func (c *Cloud) DeleteOutside(hostname string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, r := range c.records {
		if r.Order.Hostname == hostname && !r.State.ended() {
			c.shutDown(r)
			c.remove(r)
			n++
		}
	}
	return n
}

// shutDown powers a machine off for good; the lock is held.
func (c *Cloud) shutDown(r *record) {
	r.stop()
	if r.DeleteRequested.IsZero() {
		r.DeleteRequested = time.Now()
	}
	if r.State.listed() {
		r.State = StateDeleting
		c.logStep(r)
	}
}

func (c *Cloud) end(r *record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !r.State.ended() {
		c.remove(r)
	}
}

// remove takes a machine off the lists and closes its bill; the lock is held.
func (c *Cloud) remove(r *record) {
	r.State, r.Gone = StateGone, time.Now()
	r.Order.UserData, r.Order.Password = "", ""
	if !r.Listed.IsZero() {
		c.bill.stop(r.Plan.Hourly())
	}
	c.logStep(r)
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
