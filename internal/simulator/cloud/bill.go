package cloud

import (
	"slices"
	"strings"
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

// BillLine is what the account owes for one machine.
type BillLine struct {
	Hostname, Identifier string
	Plan, Datacenter     string // nickname and short code
	Managed              bool   // a worker of a managed cluster
	Hourly               money.PerHour
	From, To             time.Time // To is zero while the machine is still billed
	Hours                int64     // started hours
	Owed                 int64     // Hours at Hourly, in billionths of a US dollar
	Metered              int64     // the same to the second
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
		line := r.line(now)
		bill.Owed += line.Owed
		bill.Metered += line.Metered
	}
	return bill
}

// BillLines returns the bill machine by machine, oldest order first. Orders that never became a machine have no line.
func (c *Cloud) BillLines() []BillLine {
	c.mu.Lock()
	defer c.mu.Unlock()
	lines := []BillLine{}
	now := time.Now()
	for _, r := range c.records {
		if !r.Listed.IsZero() {
			lines = append(lines, r.line(now))
		}
	}
	return lines
}

// BillOf returns the lines of the machines with the host name, whose case does not matter.
func (c *Cloud) BillOf(hostname string) []BillLine {
	return slices.DeleteFunc(c.BillLines(), func(line BillLine) bool { return !strings.EqualFold(line.Hostname, hostname) })
}

// line is the bill of one machine at a time.
func (m Machine) line(now time.Time) BillLine {
	const secondsPerHour = int64(time.Hour / time.Second)
	seconds := int64(m.billedTime(now) / time.Second)
	hours := (seconds + secondsPerHour - 1) / secondsPerHour
	price := m.Plan.Hourly()
	return BillLine{
		Hostname: m.Order.Hostname, Identifier: m.Identifier, Plan: m.Plan.Nickname, Datacenter: m.Datacenter.Name, Managed: m.Managed(),
		Hourly: price, From: m.Listed, To: m.Gone, Hours: hours,
		Owed: hours * int64(price), Metered: seconds * int64(price) / secondsPerHour,
	}
}

// billedTime is how long the machine has been billed for, rounded up to a second.
func (m Machine) billedTime(now time.Time) time.Duration {
	if m.Listed.IsZero() || now.Before(m.Listed) {
		return 0
	}
	end := now
	if !m.Gone.IsZero() && m.Gone.Before(now) {
		end = m.Gone
	}
	return (end.Sub(m.Listed) + time.Second - 1).Truncate(time.Second)
}
