package plan

import (
	"slices"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
)

// audit takes pods away from places that the rules no longer allow because of pods that were placed after them, and reports
// whether there were any. Pods that the existing nodes could take before anything was bought keep their place: they will have it
// before the others come.
func (r *run) audit() bool {
	removed := false
	for _, class := range r.ruledClasses() {
		for at := range r.spots {
			for r.placedLate(class, at) > 0 && !r.standsAt(class, at) {
				r.remove(class, at)
				removed = true
			}
		}
	}
	return r.auditNear() || removed
}

// seat is a number of pods of a class on a spot.
type seat struct{ class, spot, pods int }

// auditNear plays the pods with affinity through again, one by one in any order that works: in the end two of them may be the company
// that the other asks for, though neither could have come first.
func (r *run) auditNear() bool {
	var seats []seat
	for _, class := range r.ruledClasses() {
		profile := r.p.classes[class].profile
		if !r.p.table.Near(profile) {
			continue
		}
		for at := range r.spots {
			if n := r.placedLate(class, at); n > 0 {
				seats = append(seats, seat{class, at, n})
				r.ledger.Put(profile, r.spots[at].at, -n)
			}
		}
	}
	for more := true; more; {
		more = false
		for i := range seats {
			profile, host := r.p.classes[seats[i].class].profile, r.spots[seats[i].spot].at
			for seats[i].pods > 0 && r.ledger.Allows(profile, host) == topology.Allowed {
				r.ledger.Put(profile, host, 1)
				seats[i].pods--
				more = true
			}
		}
	}
	removed := false
	for _, s := range seats {
		r.ledger.Put(r.p.classes[s.class].profile, r.spots[s.spot].at, s.pods)
		for range s.pods {
			r.remove(s.class, s.spot)
			removed = true
		}
	}
	return removed
}

func (r *run) ruledClasses() []int {
	var classes []int
	for class := range r.p.classes {
		if r.p.classes[class].profile != topology.Plain {
			classes = append(classes, class)
		}
	}
	return classes
}

// sound tells whether the pods that a pod of a class could disturb by its coming still have their places.
func (r *run) sound(comes int) bool { return r.stand(r.disturbedBy(comes)) }

// stand tells whether all late pods of the classes still have their places.
func (r *run) stand(classes []int) bool {
	for _, class := range classes {
		for at := range r.spots {
			if r.placedLate(class, at) > 0 && !r.standsAt(class, at) {
				return false
			}
		}
	}
	return true
}

// disturbedBy lists the classes whose places depend on where pods of a class are.
func (r *run) disturbedBy(comes int) []int {
	return slices.DeleteFunc(r.ruledClasses(), func(class int) bool {
		return !r.p.table.Disturbs(r.p.classes[comes].profile, r.p.classes[class].profile)
	})
}

// standsAt tells whether the rules let a pod of the class in where one is, given all others.
func (r *run) standsAt(class, at int) bool {
	profile, host := r.p.classes[class].profile, r.spots[at].at
	r.ledger.Put(profile, host, -1)
	verdict := r.ledger.Allows(profile, host)
	r.ledger.Put(profile, host, 1)
	return verdict == topology.Allowed
}

// placedLate is the number of pods of a class on a spot that came when the existing nodes had got what they could take.
func (r *run) placedLate(class, at int) int {
	n := 0
	for _, l := range r.spots[at].loads {
		if l.class == class {
			n = l.pods
		}
	}
	for _, l := range r.spots[at].early {
		if l.class == class {
			n -= l.pods
		}
	}
	return n
}

// remove takes a pod of a class off a spot. Volumes that it shares with others stay counted.
func (r *run) remove(class, at int) {
	c, s := &r.p.classes[class], &r.spots[at]
	for i, amount := range c.req {
		if _, volumes := attachDriver(r.p.axis.names[i]); !volumes || len(c.shared) == 0 {
			s.free[i] += amount
		}
	}
	r.ledger.Put(c.profile, s.at, -1)
	r.left[class]++
	for i := range s.loads {
		if s.loads[i].class == class {
			if s.loads[i].pods--; s.loads[i].pods == 0 {
				s.loads = slices.Delete(s.loads, i, i+1)
			}
			return
		}
	}
}

// removeAll takes all pods off a spot.
func (r *run) removeAll(at int) {
	for len(r.spots[at].loads) > 0 {
		r.remove(r.spots[at].loads[0].class, at)
	}
}

// closeEarly notes what the existing nodes could take before anything was bought.
func (r *run) closeEarly() {
	for at := range r.spots {
		r.spots[at].early = slices.Clone(r.spots[at].loads)
	}
}
