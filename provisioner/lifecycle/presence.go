package lifecycle

import (
	"context"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

const (
	// lookInterval is how old the list may be in which the machine of a node is looked for. All nodes share the list, so the whole
	// cluster costs one list in that time.
	lookInterval = time.Minute
	// confirmAfter is how far apart the two lists are that a machine must be missing from.
	confirmAfter = 30 * time.Second
)

// absence is what is known about a machine that a list did not have.
type absence struct {
	since     time.Time // when the first such list was asked for
	confirmed bool
}

// absences remember which machines are missing. The memory is not kept over a restart, after which a machine is found missing a
// little later. The zero value is ready.
type absences struct {
	mu     sync.Mutex
	byName map[string]absence
}

// of is what is known about a machine; zero when it was listed last time.
func (a *absences) of(hostname string) absence {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.byName[hostname]
}

// missed takes down that a list of a point in time did not have a machine.
func (a *absences) missed(hostname string, asOf time.Time) absence {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byName == nil {
		a.byName = map[string]absence{}
	}
	known, found := a.byName[hostname]
	if !found {
		known.since = asOf
	}
	known.confirmed = asOf.Sub(known.since) >= confirmAfter
	a.byName[hostname] = known
	return known
}

// forget drops what is known about a machine.
func (a *absences) forget(hostname string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.byName, hostname)
}

// look sees whether the machine that was once listed still is. A cloud that does not answer proves nothing.
func (r *Reconciler) look(ctx context.Context, l *life) (outcome, error) {
	known, notBefore := r.absences.of(l.object.Name), l.began.Add(-lookInterval)
	l.missing = known.confirmed
	if confirm := known.since.Add(confirmAfter); !known.since.IsZero() && confirm.After(notBefore) {
		notBefore = confirm
	}
	if left := notBefore.Sub(l.began); left > 0 {
		return outcome{again: left}, nil
	}
	machines, asOf, err := r.Inventory.Lookup(ctx, l.object.Name, notBefore)
	if err != nil {
		logr.FromContextOrDiscard(ctx).V(1).Info("cannot see whether the machine still exists", "node", l.object.Name, "error", err.Error())
		return outcome{again: lookInterval}, nil
	}
	if l.machine = pick(machines, l.object.Status.MachineID); l.machine == nil {
		l.missing = r.absences.missed(l.object.Name, asOf).confirmed
		if !l.missing {
			return outcome{again: confirmAfter}, nil
		}
	} else {
		l.missing = false
		r.absences.forget(l.object.Name)
	}
	return outcome{again: asOf.Add(lookInterval + time.Second).Sub(l.began)}, nil
}

// pick is the machine with an identifier; nil when it is not among them.
func pick(machines []cloud.Machine, id string) *cloud.Machine {
	for i := range machines {
		if machines[i].ID == id {
			return &machines[i]
		}
	}
	return nil
}
