package managed

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

// clockSkew is by how much VPSie's clock may be behind ours.
const clockSkew = time.Minute

// memory is how long an order is remembered after its worker is no longer listed, or was never seen. A list that leaves a
// worker out by mistake must not make it nobody's.
const memory = time.Hour

// sighting is what VPSie shows of a cluster. The groups are read before the workers, so that a worker which the group counts is
// among them. They are read only while an order needs them.
type sighting struct {
	groups  []vpsie.WorkerGroup
	workers []vpsie.Worker
	at      time.Time
}

// worker is the listed worker with an identifier.
func (s sighting) worker(id string) (vpsie.Worker, bool) {
	at := slices.IndexFunc(s.workers, func(w vpsie.Worker) bool { return id != "" && w.ID == id })
	if at < 0 {
		return vpsie.Worker{}, false
	}
	return s.workers[at], true
}

// grew reports whether since an order its group has grown by exactly one worker and no other has grown at all.
func (s sighting) grew(e Entry) bool {
	grown := false
	for _, group := range s.groups {
		by := group.Workers - e.GroupCounts[group.ID]
		if group.ID != e.GroupID && by > 0 {
			return false
		}
		grown = grown || group.ID == e.GroupID && by == 1
	}
	return grown
}

// settle brings the orders in line with what is seen, and reports whether that changed any. The notices are for people.
func (b Book) settle(seen sighting, addTimeout time.Duration) (notices []string, changed bool) {
	for _, hostname := range slices.Sorted(maps.Keys(b.Entries)) {
		before := b.Entries[hostname]
		after, keep, notice := before.settle(seen, b.newcomers(before, seen, addTimeout), addTimeout)
		if notice != "" {
			notices = append(notices, hostname+": "+notice)
		}
		if !keep {
			delete(b.Entries, hostname)
		} else {
			b.Entries[hostname] = after
		}
		changed = changed || !keep || after.State != before.State || !after.MissingSince.Equal(before.MissingSince)
	}
	return notices, changed
}

// newcomers are the workers that have shown up since an order was placed, are not older than it, and belong to no other one.
func (b Book) newcomers(e Entry, seen sighting, addTimeout time.Duration) []vpsie.Worker {
	if e.State == StateOwned {
		return nil
	}
	var found []vpsie.Worker
	for _, worker := range seen.workers {
		_, _, taken := b.owner(worker.ID)
		if !taken && !e.younger(worker, addTimeout) && !slices.Contains(e.Before, worker.ID) {
			found = append(found, worker)
		}
	}
	return found
}

// younger reports whether an order was placed after a worker had been created. A worker that claims to be much older than the order
// would have been listed back then, so it is the clock or its zone that is wrong, and the time says nothing.
func (e Entry) younger(worker vpsie.Worker, addTimeout time.Duration) bool {
	by := e.Since.Sub(worker.CreatedAt)
	return !worker.CreatedAt.IsZero() && by > clockSkew && by < addTimeout
}

// settle brings one order in line with what is seen; keep is false when it is over.
func (e Entry) settle(seen sighting, newcomers []vpsie.Worker, addTimeout time.Duration) (after Entry, keep bool, notice string) {
	overdue := e.open() && seen.at.Sub(e.Since) >= addTimeout
	switch {
	case e.State == StateOwned:
		e = e.observed(seen)
	case e.State == StateAsked && len(newcomers) == 1 && seen.grew(e):
		return e.owning(newcomers[0]), true, "claimed worker " + names(newcomers)
	case e.State == StateAsked && len(newcomers) > 1:
		e.State = StateAmbiguous
		return e, true, "more than one worker has shown up, so none is claimed: find out which were added by hand and remove the other: " + names(newcomers)
	case e.State == StateAmbiguous && overdue:
		return e, false, "gave it up; these workers are nobody's: " + names(newcomers)
	case e.State == StateLost && len(newcomers) > 0:
		return e, false, "a worker has shown up after the order was given up; remove it unless it was added by hand: " + names(newcomers)
	case overdue:
		e.State, e.MissingSince = StateLost, seen.at
		return e, true, fmt.Sprintf("no worker could be claimed within %v; shown up since, while other groups than node group %d have grown or it has not grown by one: %s", addTimeout, e.GroupID, names(newcomers))
	}
	return e, e.MissingSince.IsZero() || seen.at.Sub(e.MissingSince) < memory, ""
}

// observed notes whether the worker of an order is listed.
func (e Entry) observed(seen sighting) Entry {
	_, listed := seen.worker(e.MachineID)
	switch {
	case listed:
		e.MissingSince = time.Time{}
	case e.MissingSince.IsZero():
		e.MissingSince = seen.at
	}
	return e
}

// owning is an order whose worker has been found.
func (e Entry) owning(worker vpsie.Worker) Entry {
	e.State, e.MachineID, e.NodeName = StateOwned, worker.ID, worker.Hostname
	e.Before, e.GroupCounts, e.MissingSince = nil, nil, time.Time{}
	return e
}

// names are workers for people.
func names(workers []vpsie.Worker) string {
	if len(workers) == 0 {
		return "none"
	}
	var found []string
	for _, worker := range workers {
		found = append(found, worker.Hostname+" ("+worker.ID+")")
	}
	return strings.Join(found, ", ")
}
