package plan

import "github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"

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
	r.reachDesired(levels, func(g *Group) bool { return g.ScaleUp })
	r.exorcise()
	for _, tier := range tiers {
		r.settleRest(tier)
	}
	return r
}

// settleRest looks for a place among the nodes there are for pods that the rules kept back as long as other zones might still get
// nodes.
func (r *run) settleRest(classes []int) {
	for moved := true; moved; {
		moved = false
		for _, class := range r.leadersFirst(classes) {
			if before := r.left[class]; before > 0 {
				r.dole(class, r.offersFor(class, 0, len(r.spots)))
				moved = moved || r.left[class] < before && r.p.classes[class].profile != topology.Plain
			}
		}
	}
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
func (r *run) reachDesired(levels []level, which func(*Group) bool) {
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
				r.buy(c)
			}
		}
	}
}
