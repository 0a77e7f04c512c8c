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
	order := r.leadersFirst(r.ruledClasses())
	slices.Reverse(order) // who depends on others goes before them
	for more := true; more; {
		more = false
		for _, class := range order {
			for at := range r.spots {
				for r.placedLate(class, at) > 0 && !r.standsAt(class, at) {
					r.remove(class, at)
					more, removed = true, true
				}
			}
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

// sound tells whether audit would find nothing.
func (r *run) sound() bool {
	for _, class := range r.ruledClasses() {
		for at := range r.spots {
			if r.placedLate(class, at) > 0 && !r.standsAt(class, at) {
				return false
			}
		}
	}
	return true
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

// closeEarly notes what the existing nodes could take before anything was bought.
func (r *run) closeEarly() {
	for at := range r.spots {
		r.spots[at].early = slices.Clone(r.spots[at].loads)
	}
}
