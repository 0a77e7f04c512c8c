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

// attempt buys for one tier of classes after the other. Earlier plans made no difference between tiers, so among several nothing holds
// that was promised before.
func (p *problem) attempt(tiers [][]int) *run {
	r := p.newRun()
	if len(tiers) == 1 {
		r.keepPromises()
	}
	r.placeOnNodes()
	r.audited()
	r.closeEarly()
	r.preempt()
	r.addProspects()
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
	for range mendings {
		r.closeProspects()
		lost := r.audit()
		found := false
		for i := range levels {
			found = r.buyAgain(classes, &levels[i]) || found
			for r.rescue(classes, &levels[i]) {
				found = true
			}
		}
		if !lost && !found {
			break
		}
	}
	r.closeProspects()
}

// buyAgain buys for pods without rules of their own that wait although limits allow another node: one was given back.
func (r *run) buyAgain(classes []int, level *level) bool {
	before := r.leftPods()
	if !slices.ContainsFunc(classes, func(class int) bool {
		return r.left[class] > 0 && !r.p.classes[class].ruled() && r.p.buyableFor(class, r.budget)
	}) {
		return false
	}
	r.buyFor(classes, level)
	return r.leftPods() < before
}

// settle looks for a place for pods that the rules kept back as long as other zones might still get nodes: on the nodes there are, or
// on another one, as far as that makes no other pod's place impossible. What finds none is left.
func (r *run) settle(classes []int, levels []level) {
	r.closeProspects()
	r.audited()
	for moved := true; moved; {
		moved = false
		for _, class := range r.leadersFirst(classes) {
			before := r.left[class]
			if before == 0 {
				continue
			}
			r.placeCarefully(class)
			for r.left[class] > 0 && r.p.classes[class].ruled() && r.buyExactly(class, levels) {
			}
			moved = moved || r.left[class] < before && r.p.classes[class].ruled()
		}
	}
	r.trim(len(r.p.nodes))
}

// audited removes all pods that have lost their place.
func (r *run) audited() {
	for r.audit() {
	}
}

// placeCarefully puts pods of a class on the nodes there are where that makes no other pod's place impossible.
func (r *run) placeCarefully(class int) {
	if len(r.disturbedBy(class)) == 0 {
		r.doleTo(class, 0, len(r.spots))
		return
	}
	for moved := true; moved && r.left[class] > 0; {
		moved = false
		for _, o := range r.offersFor(class, 0, len(r.spots)) {
			for r.left[class] > 0 && r.placeOne(class, o.spot) {
				moved = true
			}
		}
	}
}

// placeOne puts one pod on a spot, unless that disturbs others.
func (r *run) placeOne(class, at int) bool {
	before := r.left[class]
	r.dole(class, []offer{{at, 1}})
	if r.left[class] == before {
		return false
	}
	if r.sound(class) {
		return true
	}
	r.remove(class, at)
	return false
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
			if r.placeOne(class, at) && r.stand(r.ruledClasses()) {
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
