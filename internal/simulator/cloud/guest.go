package cloud

import (
	"context"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
)

// Guest is the software on a machine.
type Guest interface {
	// Run plays the machine from power-on and returns when ctx ends, or earlier when there is nothing more to play.
	Run(ctx context.Context, host Host, report Report)
}

// Host is what a guest knows about the machine it runs on. It holds secrets (UserData): never log it.
type Host struct {
	Hostname   string
	Plan       catalogue.Plan
	InternalIP string // empty when the machine has no address at all
	ExternalIP string // empty when the machine has no public address
	UserData   string // base64
	JoinAfter  time.Duration
	ReadyAfter time.Duration
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

func (r *record) host() Host {
	host := Host{
		Hostname:   r.Order.Hostname,
		Plan:       r.Plan,
		InternalIP: r.PrivateIPv4,
		ExternalIP: r.PublicIPv4,
		UserData:   r.Order.UserData,
		JoinAfter:  r.schedule.join,
		ReadyAfter: r.schedule.ready,
	}
	if host.InternalIP == "" {
		host.InternalIP = r.PublicIPv4
	}
	return host
}

// report turns what a guest tells into states of its machine.
type report struct {
	cloud  *Cloud
	record *record
}

// Joined implements Report.
func (p report) Joined() {
	p.cloud.advance(p.record, StateJoined, func(m *Machine, now time.Time) { m.Joined, m.JoinError = now, "" })
}

// Ready implements Report.
func (p report) Ready() {
	p.cloud.advance(p.record, StateReady, func(m *Machine, now time.Time) { m.Ready = now })
}

// JoinFailed implements Report.
func (p report) JoinFailed(err error) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	p.record.JoinError = err.Error()
	p.cloud.log.Warn("machine failed to join", "hostname", p.record.Order.Hostname, "error", err)
}
