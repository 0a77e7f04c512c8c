package cloud

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
)

// State is how far a machine is.
type State string

// States of a machine.
const (
	StateQueued   State = "queued"   // accepted, on no list yet
	StatePending  State = "pending"  // on the pending list, not on the machine list
	StateBuilding State = "building" // on neither list, for a moment
	StateListed   State = "listed"   // on the machine list, powered off
	StateBooted   State = "booted"   // powered on
	StateJoined   State = "joined"   // its Node is registered
	StateReady    State = "ready"    // its Node is Ready
	StateDeleting State = "deleting" // deletion accepted, still listed
	StateGone     State = "gone"     // deleted
	StateVanished State = "vanished" // was pending and was never built
)

// listed tells whether the machine list has machines of this state.
func (s State) listed() bool {
	switch s {
	case StateListed, StateBooted, StateJoined, StateReady, StateDeleting:
		return true
	}
	return false
}

// ended tells whether the machine is no more and never will be.
func (s State) ended() bool { return s == StateGone || s == StateVanished }

// powered tells whether a machine of this state is switched on.
func (s State) powered() bool { return s == StateBooted || s == StateJoined || s == StateReady }

// Machine is a machine at one moment. It holds secrets (in Order): never log it.
type Machine struct {
	ID         int    // numeric identifier, also that of the pending entry
	Identifier string // UUID
	Order      Order
	Plan       catalogue.Plan // at the price of the moment of the order
	Datacenter catalogue.Datacenter
	Membership Membership // zero unless the machine is a worker of a managed cluster
	State      State
	JoinError  string // why the last attempt to join failed; empty when none did

	Tags      []string
	SSHKeys   []string // identifiers of the keys that may log in
	Busy      bool     // a start, stop or restart is under way
	Suspended bool     // the account does not pay

	GeneratedPassword bool // Order.Password was not ordered but generated

	PublicIPv4, PublicIPv6, PrivateIPv4 string // empty when not ordered

	// Zero until it happened.
	Created, Accepted, Listed, Booted, Joined, Ready, DeleteRequested, Gone time.Time
}

// Powered tells whether the machine is switched on.
func (m Machine) Powered() bool { return m.State.powered() }

// Active tells whether the machine turned out well, as far as the lists say.
func (m Machine) Active() bool { return m.Order.Fate != FateInactive }

// AgentAnswers tells whether the guest agent answers.
func (m Machine) AgentAnswers() bool { return m.Powered() && m.Order.Fate != FateNoAgent }

// Managed tells whether the machine is a worker of a managed cluster.
func (m Machine) Managed() bool { return m.Membership.ClusterID != "" }

// Hostname is the name as the lists write it, which may differ in case from the one that was ordered.
func (m Machine) Hostname() string {
	if m.Order.Fate == FateMixedCase && m.Order.Hostname != "" {
		return strings.ToUpper(m.Order.Hostname[:1]) + m.Order.Hostname[1:]
	}
	return m.Order.Hostname
}

// record is a machine and what drives it.
type record struct {
	Machine
	schedule schedule
	life     context.Context    // ends with the machine
	stop     context.CancelFunc // ends the life of the machine and whatever runs on it
	off      context.CancelFunc // switches the machine off; nil before it was switched on for the first time
	disk     *Disk
}

const uuidTail = "00505600a11f"

// newRecord makes the machine number id out of an order; random draws its latencies and password.
func newRecord(id int, order Order, random *rand.Rand) *record {
	r := &record{disk: &Disk{}, Machine: Machine{
		ID:         id,
		Identifier: fmt.Sprintf("%08x-5a12-11f0-b%03x-%s", id, random.IntN(0x1000), uuidTail),
		Order:      order,
		State:      StatePending,
		Tags:       order.Tags,
	}}
	if order.SSHKeyID != "" {
		r.SSHKeys = []string{order.SSHKeyID}
	}
	if order.Fate != FateNoAddress {
		r.setAddresses()
	}
	if order.Password == "" {
		r.GeneratedPassword = true
		r.Order.Password = fmt.Sprintf("sim-%016x", random.Uint64())
	}
	return r
}

func (r *record) setAddresses() {
	high, low := r.ID>>8&0xff, r.ID&0xff
	if r.Order.PublicIPv4 {
		r.PublicIPv4 = fmt.Sprintf("198.18.%d.%d", high, low)
	}
	if r.Order.PublicIPv6 {
		r.PublicIPv6 = fmt.Sprintf("2001:db8::%x", r.ID)
	}
	if r.Order.PrivateIP {
		r.PrivateIPv4 = fmt.Sprintf("10.20.%d.%d", high, low)
	}
}
