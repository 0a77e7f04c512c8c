package fake

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Op names a call of cloud.Provider.
type Op string

// The calls of cloud.Provider.
const (
	OpDatacenters Op = "Datacenters"
	OpOfferings   Op = "Offerings"
	OpCreate      Op = "Create"
	OpMachine     Op = "Machine"
	OpMachines    Op = "Machines"
	OpConfigure   Op = "Configure"
	OpDelete      Op = "Delete"
)

// Call is one call that the Cloud received. Only the fields that belong to its Op are set.
type Call struct {
	Op           Op
	Time         time.Time
	Hostname     string              // of OpCreate, OpConfigure and OpDelete
	DatacenterID string              // of OpCreate and OpOfferings
	MachineID    string              // of OpMachine, OpConfigure and OpDelete
	Filter       cloud.Filter        // of OpMachines
	Attributes   cloud.Attributes    // of OpConfigure
	Request      cloud.CreateRequest // of OpCreate
	Err          error               // what the caller got
}

// outcome is what a test ordered for the next call of an Op.
type outcome struct {
	err  error
	act  bool // the call takes effect before it fails
	drop bool // the call is accepted and nothing comes of it
}

// FailNext makes the next call of op fail with err and take no effect. Orders for the same op queue up.
func (c *Cloud) FailNext(op Op, err error) { c.order(op, outcome{err: err}) }

// AcceptThenFail makes the next call of op take effect and still report err, like an answer lost on the way; nil means
// cloud.ErrTransient. A call that the cloud refuses reports the refusal instead. Orders for the same op queue up.
func (c *Cloud) AcceptThenFail(op Op, err error) {
	if err == nil {
		err = cloud.ErrTransient
	}
	c.order(op, outcome{err: err, act: true})
}

// DropNextCreate makes the next Create succeed although no machine will ever appear.
func (c *Cloud) DropNextCreate() { c.order(OpCreate, outcome{act: true, drop: true}) }

func (c *Cloud) order(op Op, o outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outcomes[op] = append(c.outcomes[op], o)
}

// dropped reports whether the order at the head of the creates says to drop it. The caller holds c.mu.
func (c *Cloud) dropped() bool {
	queue := c.outcomes[OpCreate]
	return len(queue) > 0 && queue[0].drop
}

// FailAll makes every call fail with err and take no effect, until it is called with nil. Orders for single calls wait.
func (c *Cloud) FailAll(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outage = err
}

// Silence says whether calls stay unanswered, without effect, until their contexts end.
func (c *Cloud) Silence(silent bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent = silent
}

// isSilent reports whether calls stay unanswered.
func (c *Cloud) isSilent() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.silent
}

// do runs one call as ordered and records it.
func (c *Cloud) do(ctx context.Context, call Call, act func() error) error {
	if c.isSilent() {
		<-ctx.Done()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	call.Time = time.Now()
	call.Err = c.decide(ctx, call.Op, act)
	c.calls = append(c.calls, call)
	return call.Err
}

func (c *Cloud) decide(ctx context.Context, op Op, act func() error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w: %w", op, cloud.ErrTransient, err)
	}
	if c.outage != nil {
		return c.outage
	}
	queue := c.outcomes[op]
	if len(queue) == 0 {
		return act()
	}
	defer func() { c.outcomes[op] = queue[1:] }()
	if !queue[0].act {
		return queue[0].err
	}
	if err := act(); err != nil {
		return err
	}
	return queue[0].err
}

// SetSoldOut says whether Create of an offering in a data centre fails with cloud.ErrSoldOut.
func (c *Cloud) SetSoldOut(datacenterID, offeringID string, soldOut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.soldOut[place{datacenterID, offeringID}] = soldOut
}

// SetQuota limits the machines that may exist at once, pending and ending ones included; zero means no limit.
func (c *Cloud) SetQuota(machines int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quota = machines
}

// AddMachine puts a machine into the cloud that nobody asked this process for. It is running, broken if its State says so, or
// being deleted from now on if its State says so. An empty ID is filled in; the ID is returned. OnRunning is not called.
func (c *Cloud) AddMachine(given cloud.Machine) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.add(cloud.CreateRequest{
		Hostname: given.Hostname, DatacenterID: given.DatacenterID, OfferingID: given.OfferingID, Attributes: cloud.Attributes{Tags: given.Tags},
	})
	m.nodeName = given.NodeName
	m.builtAt, m.announced, m.broken = time.Now(), true, given.State == cloud.StateBroken
	if given.State == cloud.StateEnding {
		m.deletedAt = time.Now()
	}
	if given.ID != "" {
		m.id = given.ID
	}
	if given.Addresses != nil {
		m.addresses = slices.Clone(given.Addresses)
	}
	return m.id
}

// RemoveMachine makes a machine vanish at once, as if somebody had deleted it in the cloud's own console. It reports whether
// there was one of that host name, pending ones included.
func (c *Cloud) RemoveMachine(hostname string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.change(hostname, func(m *machine) { m.removed = true })
}

// BreakMachine turns a machine into StateBroken once it is built. It reports whether there was one of that host name.
func (c *Cloud) BreakMachine(hostname string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.change(hostname, func(m *machine) { m.broken = true })
}

// SSHKeys are the keys on the machine of a host name.
func (c *Cloud) SSHKeys(hostname string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var keys []string
	c.change(hostname, func(m *machine) { keys = slices.Clone(m.sshKeys) })
	return keys
}

// change applies a change to the machines of a host name that exist, and reports whether there were any. The caller holds c.mu.
func (c *Cloud) change(hostname string, apply func(*machine)) bool {
	found := false
	for _, m := range c.machines {
		if _, exists := c.view(m); exists && strings.EqualFold(m.hostname, hostname) {
			apply(m)
			found = true
		}
	}
	return found
}

// Calls are the calls of one op so far, in order; an empty op means all calls.
func (c *Cloud) Calls(op Op) []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []Call
	for _, call := range c.calls {
		if op == "" || call.Op == op {
			found = append(found, call)
		}
	}
	return found
}
