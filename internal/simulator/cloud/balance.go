package cloud

import "time"

// balanceInterval is how often the account is checked for being out of money.
const balanceInterval = time.Minute

// Balance is what is left of what was paid in advance, in billionths of a US dollar; it may fall below nothing. The second result
// is false for an account that pays later.
func (c *Cloud) Balance() (int64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.balance - c.owed(time.Now()), c.options.Balance > 0
}

// TopUp pays an amount, in billionths of a US dollar, in advance. Machines that were suspended run again within a minute.
func (c *Cloud) TopUp(amount int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.balance += amount
}

// broke tells whether the account has used up what was paid; the lock is held.
func (c *Cloud) broke(now time.Time) bool { return c.options.Balance > 0 && c.owed(now) >= c.balance }

// owed is what all machines cost until now; the lock is held.
func (c *Cloud) owed(now time.Time) int64 {
	var sum int64
	for _, r := range c.records {
		sum += r.line(now).Owed
	}
	return sum
}

// watchBalance suspends machines once the account has been out of money for long enough, and wakes them when it has been paid.
func (c *Cloud) watchBalance() {
	var since time.Time // when the account was found to be out of money
	for sleep(c.ctx, balanceInterval) {
		c.mu.Lock()
		now := time.Now()
		switch {
		case !c.broke(now):
			since = time.Time{}
			c.suspend(false)
		case since.IsZero():
			since = now
		}
		if !since.IsZero() && now.Sub(since) >= c.options.SuspendAfter {
			c.suspend(true)
		}
		c.mu.Unlock()
	}
}

// suspend switches every listed machine off or on again; the lock is held.
func (c *Cloud) suspend(suspended bool) {
	for _, r := range c.records {
		if !r.State.listed() || r.State == StateDeleting || r.Suspended == suspended {
			continue
		}
		r.Suspended = suspended
		if suspended {
			c.switchOff(r)
		} else {
			c.switchOn(r)
		}
	}
}
