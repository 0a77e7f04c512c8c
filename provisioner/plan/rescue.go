package plan

import (
	"math"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
)

// rescue places, pod by pod, what packing left because of rules that it does not see: first on nodes that are bought already, then by
// making one of those bigger or buying another, whichever costs less. It reports whether it placed anything.
func (r *run) rescue(classes []int, level *level) bool {
	r.lowest = level.priority
	rescued := false
	for _, class := range r.leadersFirst(classes) {
		if r.left[class] == 0 || !r.p.classes[class].ruled() || r.p.classes[class].belowCutoff {
			continue
		}
		before := r.left[class]
		r.openProspects(class)
		r.doleTo(class, 0, len(r.spots))
		for r.left[class] > 0 && r.extend(class, level) {
			r.openProspects(class)
		}
		rescued = rescued || r.left[class] < before
	}
	return rescued
}

// extend makes room for more pods of the class in the cheapest way and places them. It reports whether it placed any.
func (r *run) extend(class int, level *level) bool {
	at, to, growth := r.growth(class, level)
	c, price := r.another(class, level)
	return at >= 0 && growth <= price && r.enlarge(class, at, to) || c >= 0 && r.addNode(class, c)
}

func (r *run) enlarge(class, at, to int) bool {
	before, was := r.left[class], r.spots[at].candidate
	if !r.retype(at, to) {
		return false
	}
	r.dole(class, []offer{{at, r.left[class]}})
	if r.left[class] == before {
		r.retype(at, was)
		return false
	}
	return true
}

func (r *run) addNode(class, c int) bool {
	before := r.left[class]
	at := r.buy(c)
	r.dole(class, []offer{{at, r.left[class]}})
	if r.left[class] == before {
		r.returns(at)
		r.spots = r.spots[:at]
		return false
	}
	return true
}

// growth finds the bought node that would take a pod of the class if it were bigger, for the least money.
func (r *run) growth(class int, level *level) (at, to int, price float64) {
	at, price = -1, math.Inf(1)
	c := &r.p.classes[class]
	for i := len(r.p.nodes); i < len(r.spots); i++ {
		s := &r.spots[i]
		now := &r.p.candidates[s.candidate]
		if r.ledger.Allows(c.profile, s.at) != topology.Allowed || c.claims != nil && !r.claimable(c.claims, i) {
			continue
		}
		for _, candidate := range level.candidates {
			bigger := &r.p.candidates[candidate]
			if more := float64(bigger.cost - now.cost); more < price && r.p.fits.row(class)[candidate] &&
				r.holdsAll(i, candidate, c.req) && r.affords(now, bigger) {
				at, to, price = i, candidate, more
			}
		}
	}
	return at, to, price
}

func (r *run) affords(now, then *candidate) bool {
	r.budget.spend(now.takes, -1)
	ok := r.budget.allows(then.takes)
	r.budget.spend(now.takes, 1)
	return ok
}

// another finds the cheapest candidate whose new node the rules would let a pod of the class on.
func (r *run) another(class int, level *level) (candidate int, price float64) {
	for _, c := range level.candidates {
		if r.p.fits.row(class)[c] && r.p.buyable(c, r.budget) && r.allowsNew(class, c) == topology.Allowed {
			return c, float64(r.p.candidates[c].cost)
		}
	}
	return -1, math.Inf(1)
}

// allowsNew asks the rules about a new node of a candidate, with the pods of its DaemonSets.
func (r *run) allowsNew(class, c int) topology.Verdict {
	made := &r.p.candidates[c]
	if r.p.classes[class].profile == topology.Plain {
		return topology.Allowed
	}
	g := r.prospectOf(made.cell)
	was := g.open
	g.set(r.ledger, true)
	r.putDaemons(made.daemons, g.at, 1)
	verdict := r.ledger.Allows(r.p.classes[class].profile, g.at)
	r.putDaemons(made.daemons, g.at, -1)
	g.set(r.ledger, was)
	return verdict
}
