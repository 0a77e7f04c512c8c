package cloud

import (
	"context"
	"time"
)

// Power is a change of a machine's power.
type Power string

// The changes.
const (
	PowerStart   Power = "start"
	PowerStop    Power = "stop"
	PowerRestart Power = "restart"
)

// ChangePower asks for the power of a listed machine to be changed, which happens later. It reports false when there is no such
// machine. Asking again while a change is under way, or for what is already so, is accepted and changes nothing.
func (c *Cloud) ChangePower(identifier string, change Power) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.find(identifier)
	if r == nil || r.Managed() {
		return false
	}
	if r.State == StateDeleting || r.Busy {
		return true
	}
	r.Busy = true
	c.spawn(func() {
		if sleep(r.life, r.schedule.power) {
			c.applyPower(r, change)
		}
	})
	return true
}

func (c *Cloud) applyPower(r *record, change Power) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.State == StateDeleting || r.State.ended() {
		return
	}
	r.Busy = false
	running := r.Powered() && r.off != nil
	if running && change != PowerStart {
		c.switchOff(r)
	}
	if change == PowerRestart || change == PowerStart && !running && !r.Suspended {
		c.switchOn(r)
	}
}

// switchOn lets a machine boot, unless it is one that never does; the lock is held.
func (c *Cloud) switchOn(r *record) {
	if !r.Order.Fate.boots() {
		return
	}
	if r.off != nil {
		r.off() // a boot that is under way starts anew
	}
	ctx, off := context.WithCancel(r.life)
	r.off = off
	c.spawn(func() { c.run(ctx, r) })
}

// switchOff ends what runs on a machine; the lock is held.
func (c *Cloud) switchOff(r *record) {
	if r.off != nil {
		r.off()
	}
	r.State = StateListed
	c.logStep(r)
}

// run boots a machine and plays what is on it until it is switched off.
func (c *Cloud) run(ctx context.Context, r *record) {
	if !sleep(ctx, r.schedule.boot) {
		return
	}
	var host Host
	if !c.advance(ctx, r, StateBooted, func(m *Machine, now time.Time) {
		m.Booted = now
		host = c.host(r)
	}) {
		return
	}
	guest := c.options.Guest
	if r.Managed() {
		guest = c.options.WorkerGuest
	}
	if guest == nil || !r.Order.Fate.runsGuest() {
		return
	}
	if r.Order.Fate == FateFreeze {
		var thaw context.CancelFunc
		ctx, thaw = context.WithDeadline(ctx, r.Listed.Add(r.Order.FateAfter))
		defer thaw()
	}
	guest.Run(ctx, host, report{cloud: c, record: r, ctx: ctx})
}
