package cloud

import (
	"time"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// Bill is what the account owes. A machine is billed from the moment it is listed until it is gone.
type Bill struct {
	// Owed is the sum in billionths of a US dollar, each machine billed by started hours.
	Owed int64
	// Metered is the same sum to the second, without rounding hours up.
	Metered int64
	// Rate is what all listed machines cost per hour now, PeakRate the highest it ever was.
	Rate, PeakRate money.PerHour
	// Machines is how many machines are billed now.
	Machines int
}

// meter follows the hourly rate.
type meter struct {
	rate, peak money.PerHour
	machines   int
}

func (m *meter) start(price money.PerHour) {
	m.machines++
	m.rate += price
	m.peak = max(m.peak, m.rate)
}

func (m *meter) stop(price money.PerHour) {
	m.machines--
	m.rate -= price
}

// Bill returns the bill as of now.
func (c *Cloud) Bill() Bill {
	c.mu.Lock()
	defer c.mu.Unlock()
	bill := Bill{Rate: c.bill.rate, PeakRate: c.bill.peak, Machines: c.bill.machines}
	now := time.Now()
	for _, r := range c.records {
		used := r.billedTime(now)
		hours := int64((used + time.Hour - 1) / time.Hour)
		bill.Owed += hours * int64(r.Plan.Hourly())
		bill.Metered += int64(float64(r.Plan.Hourly()) * used.Hours())
	}
	return bill
}

// billedTime is how long the machine has been billed for, rounded up to a second.
func (m Machine) billedTime(now time.Time) time.Duration {
	if m.Listed.IsZero() {
		return 0
	}
	end := now
	if !m.Gone.IsZero() {
		end = m.Gone
	}
	return (end.Sub(m.Listed) + time.Second - 1).Truncate(time.Second)
}
