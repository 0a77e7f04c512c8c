package cloud

import (
	"context"
	"sync"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
)

// Guest is the software on a machine.
type Guest interface {
	// Run plays the machine from power-on and returns when ctx ends, or earlier when there is nothing more to play.
	Run(ctx context.Context, host Host, report Report)
}

// Host is what a guest knows about the machine it runs on. It holds secrets (UserData, Script): never log it.
type Host struct {
	Hostname   string
	ClusterID  string         // identifier of the managed cluster that the machine is a worker of; empty for all others
	Plan       catalogue.Plan // with the memory that the guest sees
	InternalIP string         // empty when the machine has no address at all
	ExternalIP string         // empty when the machine has no public address
	UserData   string         // base64
	Script     string         // shell script that the machine was ordered with; it runs when there is no user data
	JoinAfter  time.Duration
	ReadyAfter time.Duration
	NeverReady bool // the Node shall never get Ready
	Disk       *Disk
}

// Disk is what a guest keeps while its machine is switched off. The zero value is empty. A nil Disk keeps nothing.
type Disk struct {
	mu      sync.Mutex
	content any
}

// Load returns what was stored last, or nil.
func (d *Disk) Load() any {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.content
}

// Store keeps content instead of what was there.
func (d *Disk) Store(content any) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.content = content
}

// Report receives the progress of a guest.
type Report interface {
	// Joined: the Node is registered.
	Joined()
	// Ready: the Node says that it is Ready.
	Ready()
	// JoinFailed: an attempt to join failed. The error must not hold a secret.
	JoinFailed(err error)
}

// host is what the guest of a machine gets to know; the lock is held.
func (c *Cloud) host(r *record) Host {
	host := Host{
		Hostname:   r.Order.Hostname,
		ClusterID:  r.Membership.ClusterID,
		Plan:       r.Plan,
		InternalIP: r.PrivateIPv4,
		ExternalIP: r.PublicIPv4,
		UserData:   r.Order.UserData,
		Script:     r.Order.Script,
		JoinAfter:  r.schedule.join,
		ReadyAfter: r.schedule.ready,
		NeverReady: r.Order.Fate == FateNeverReady,
		Disk:       r.disk,
	}
	if c.options.BalloonMB > 0 && host.Plan.Category == catalogue.BalloonCategory {
		host.Plan.MemoryMB = min(host.Plan.MemoryMB, c.options.BalloonMB)
	}
	if host.InternalIP == "" {
		host.InternalIP = r.PublicIPv4
	}
	return host
}

// report turns what a guest tells into states of its machine, until the machine is switched off.
type report struct {
	cloud  *Cloud
	record *record
	ctx    context.Context
}

// Joined implements Report.
func (p report) Joined() {
	p.cloud.advance(p.ctx, p.record, StateJoined, func(m *Machine, now time.Time) { m.Joined, m.JoinError = now, "" })
}

// Ready implements Report.
func (p report) Ready() {
	p.cloud.advance(p.ctx, p.record, StateReady, func(m *Machine, now time.Time) { m.Ready = now })
}

// JoinFailed implements Report.
func (p report) JoinFailed(err error) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	p.record.JoinError = err.Error()
	p.cloud.log.Warn("machine failed to join", "hostname", p.record.Order.Hostname, "error", err)
}
