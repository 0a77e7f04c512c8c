package cloud

import (
	"strings"
	"time"
)

// Delete asks for the listed machine with the identifier to be deleted: it is powered off now and leaves the list later. It
// reports false when no such machine is listed; asking again while it is being deleted changes nothing.
func (c *Cloud) Delete(identifier string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.find(identifier)
	if r == nil || r.Managed() {
		return false
	}
	c.delete(r, r.schedule.gone)
	return true
}

// delete powers a machine off now and removes it later; the lock is held.
func (c *Cloud) delete(r *record, later time.Duration) {
	if r.State == StateDeleting || r.State.ended() {
		return
	}
	c.shutDown(r)
	c.spawn(func() {
		if sleep(c.ctx, later) {
			c.end(r)
		}
	})
}

// DeleteOutside removes every machine, worker and pending order with the host name at once, as somebody with access to the
// account's console might. It returns how many there were. The case of the name does not matter.
func (c *Cloud) DeleteOutside(hostname string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, r := range c.records {
		if strings.EqualFold(r.Order.Hostname, hostname) && !r.State.ended() {
			c.shutDown(r)
			c.remove(r)
			n++
		}
	}
	return n
}

// deleteNow removes one machine at once.
func (c *Cloud) deleteNow(r *record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !r.State.ended() {
		c.shutDown(r)
		c.remove(r)
	}
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
	r.Order.forget()
	if !r.Listed.IsZero() {
		c.bill.stop(r.Plan.Hourly())
	}
	c.logStep(r)
}
