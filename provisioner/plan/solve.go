package plan

import "slices"

// solve places the pods of a problem and buys nodes for the rest. Pods of all priorities are packed together, which is cheapest. Where
// a limit leaves some of them without a node, it starts again with the important ones first.
func (p *problem) solve() *run {
	all := make([]int, len(p.classes))
	for i := range all {
		all[i] = i
	}
	together := p.attempt([][]int{all})
	if tiers := p.tiers(); len(tiers) > 1 && together.limited() {
		return p.attempt(tiers)
	}
	return together
}

// tiers are the classes by priority, the highest first.
func (p *problem) tiers() [][]int {
	var tiers [][]int
	for i := range p.classes { // ordered by priority
		if i == 0 || p.classes[i].priority != p.classes[i-1].priority {
			tiers = append(tiers, nil)
		}
		tiers[len(tiers)-1] = append(tiers[len(tiers)-1], i)
	}
	return tiers
}

// attempt buys for one tier of classes after the other.
func (p *problem) attempt(tiers [][]int) *run {
	r := p.newRun()
	r.placeOnNodes()
	r.audited()
	r.closeEarly()
	r.preempt()
	r.conjure()
	levels := p.levels()
	r.reachDesired(levels, func(g *Group) bool { return !g.ScaleUp }) // those come anyway, so pods may as well use them
	for _, tier := range tiers {
		for i := range levels {
			r.buyFor(tier, &levels[i])
			for r.rescue(tier, &levels[i]) {
			}
		}
	}
	all := slices.Concat(tiers...)
	for range mendings {
		r.mend(all, levels)
		r.settle(all, levels)
		if !r.reachDesired(levels, func(g *Group) bool { return g.ScaleUp }) || p.table.Empty() {
			break
		}
	}
	return r
}

// mendings bounds how often pods that lost their place look for another, and how often nodes for desired sizes make that necessary.
const mendings = 4

// mend looks for another place, or another node, for pods whose place pods that came later have made impossible, and for those that had to
// wait for the pods they depend on.
func (r *run) mend(classes []int, levels []level) {
	if r.p.table.Empty() && len(r.tied) == 0 {
		return
	}
	for range mendings {
		r.exorcise()
		lost := r.audit()
		found := false
		for i := range levels {
			for r.rescue(classes, &levels[i]) {
				found = true
			}
		}
		if !lost && !found {
			break
		}
	}
	r.exorcise()
}

// settle looks for a place for pods that the rules kept back as long as other zones might still get nodes: on the nodes there are, or
// on another one that makes no other pod's place impossible. What finds none is left.
func (r *run) settle(classes []int, levels []level) {
	r.exorcise()
	for moved := true; moved; {
		moved = false
		for _, class := range r.leadersFirst(classes) {
			before := r.left[class]
			if before == 0 {
				continue
			}
			r.dole(class, r.offersFor(class, 0, len(r.spots)))
			for r.left[class] > 0 && r.p.classes[class].ruled() && r.buyExactly(class, levels) {
			}
			moved = moved || r.left[class] < before && r.p.classes[class].ruled()
		}
	}
	if r.audited() {
		r.reseat(classes)
	}
	r.trim(len(r.p.nodes))
}

func (r *run) audited() (removed bool) {
	for r.audit() {
		removed = true
	}
	return removed
}

// carefulTries bounds how many places reseat tries, as each costs a look at all that has been placed.
const carefulTries = 2000

// reseat places pods one by one where that makes no other pod's place impossible.
func (r *run) reseat(classes []int) {
	tries := carefulTries
	for moved := true; moved; {
		moved = false
		for _, class := range r.leadersFirst(classes) {
			if r.left[class] == 0 {
				continue
			}
			for _, o := range r.offersFor(class, 0, len(r.spots)) {
				before := r.left[class]
				r.dole(class, []offer{{o.spot, 1}})
				if r.left[class] == before || tries == 0 {
					continue
				}
				if tries--; r.sound() {
					moved = true
					break
				}
				r.remove(class, o.spot)
			}
		}
	}
}

// buyExactly buys a node for a pod under the rules as they stand, with no thought of nodes to come.
func (r *run) buyExactly(class int, levels []level) bool {
	if r.p.classes[class].belowCutoff {
		return false
	}
	for i := range levels {
		for _, c := range levels[i].candidates {
			if !r.p.fits.row(class)[c] || !r.p.buyable(c, r.budget) {
				continue
			}
			at := r.buy(c)
			r.dole(class, []offer{{at, 1}})
			if len(r.spots[at].loads) > 0 && r.sound() {
				return true
			}
			for r.placedLate(class, at) > 0 {
				r.remove(class, at)
			}
			r.returns(at)
			r.spots = r.spots[:at]
		}
	}
	return false
}

// limited tells whether a limit keeps pods from getting a node that could be had.
func (r *run) limited() bool {
	for class, left := range r.left {
		if left == 0 || r.p.classes[class].belowCutoff {
			continue
		}
		for c, ok := range r.p.fits.row(class) {
			if ok && r.p.forSale(c) && !r.budget.allows(r.p.candidates[c].takes) {
				return true
			}
		}
	}
	return false
}

// reachDesired buys the cheapest machines for those of the groups that are below their desired size even with what was bought for pods.
func (r *run) reachDesired(levels []level, which func(*Group) bool) (bought bool) {
	have := make([]int, len(r.p.groups))
	for i := len(r.p.nodes); i < len(r.spots); i++ {
		have[r.p.candidates[r.spots[i].candidate].group]++
	}
	for i := range levels {
		for _, c := range levels[i].candidates { // the cheapest first
			made := &r.p.candidates[c]
			g := r.p.groups[made.group]
			for which(g) && g.Nodes+have[made.group] < g.Desired && !made.offering.SoldOut && r.budget.allows(made.takes) {
				have[made.group]++
				r.spots[r.buy(c)].desired = true
				bought = true
			}
		}
	}
	return bought
}
