package cloud

import (
	"math"
	"time"
)

// List is a place where machines are listed. Each may be behind by a time of its own; see Options.ListLag.
type List string

// The lists.
const (
	ListMachines   List = "vm"           // machines that were ordered as such
	ListUser       List = "vms/all/user" // the same, by another way
	ListAttachable List = "storages/vms" // these and the workers of managed clusters
	ListNodes      List = "k8s"          // workers of managed clusters
)

// has tells whether a list is for machines of the kind.
func (l List) has(m Machine) bool {
	switch l {
	case ListAttachable:
		return true
	case ListNodes:
		return m.Managed()
	}
	return !m.Managed()
}

// All returns every machine that was ever ordered, oldest first, workers of managed clusters included.
func (c *Cloud) All() []Machine { return c.filter(func(*record) bool { return true }) }

// Listed returns the machines that exist and were ordered as such, oldest first: the machine list without any lag.
func (c *Cloud) Listed() []Machine {
	return c.filter(func(r *record) bool { return r.State.listed() && !r.Managed() })
}

// On returns what a list shows now, oldest first.
func (c *Cloud) On(list List) []Machine {
	now := time.Now()
	return c.filter(func(r *record) bool { return list.has(r.Machine) && c.shown(r, list, now) })
}

// Pending returns the orders on the pending list, oldest first.
func (c *Cloud) Pending() []Machine {
	return c.filter(func(r *record) bool { return r.State == StatePending && !r.Managed() })
}

// shown tells whether a list that may be behind has the machine; the lock is held.
func (c *Cloud) shown(r *record, list List, now time.Time) bool {
	if c.options.ListLag <= 0 {
		return r.State.listed()
	}
	if r.Listed.IsZero() || now.Before(r.Listed.Add(c.lag(r, list, "in"))) {
		return false
	}
	return !r.State.ended() || now.Before(r.Gone.Add(c.lag(r, list, "out")))
}

// lag is by how much a list is behind with one machine; it is drawn anew each time from the same source.
func (c *Cloud) lag(r *record, list List, direction string) time.Duration {
	share := c.randomFor("lag", r.Identifier, string(list), direction).Float64()
	return time.Duration(math.Round(share * float64(c.options.ListLag)))
}

func (c *Cloud) filter(keep func(*record) bool) []Machine {
	c.mu.Lock()
	defer c.mu.Unlock()
	machines := []Machine{}
	for _, r := range c.records {
		if keep(r) {
			machines = append(machines, r.Machine)
		}
	}
	return machines
}

// Find returns the listed machine with the identifier, and false when there is none. It is never behind.
func (c *Cloud) Find(identifier string) (Machine, bool) {
	m, found := c.Lookup(identifier)
	if !found || m.Managed() {
		return Machine{}, false
	}
	return m, true
}

// Lookup is Find for machines of every kind.
func (c *Cloud) Lookup(identifier string) (Machine, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.find(identifier)
	if r == nil {
		return Machine{}, false
	}
	return r.Machine, true
}

// find returns the listed machine with the identifier, or nil; the lock is held.
func (c *Cloud) find(identifier string) *record {
	for _, r := range c.records {
		if r.Identifier == identifier && r.State.listed() {
			return r
		}
	}
	return nil
}
