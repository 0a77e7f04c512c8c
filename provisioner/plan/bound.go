package plan

import (
	"math"
	"slices"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/pack"
)

// lowerBound is a price below which no set of machines can hold the pods on new nodes. Where one packing of pods without rules among
// each other bought all of them at their prices, its own bound is that.
func (r *run) lowerBound() money.PerHour {
	if r.solved == 1 && r.p.table.Empty() && len(r.p.levels()) == 1 && !r.p.prefers() && !r.p.shares() {
		return money.PerHour(math.Floor(r.proved))
	}
	return r.p.lowerBound(r.bought())
}

// prefers tells whether a candidate counts as cheaper than it is.
func (p *problem) prefers() bool {
	return slices.ContainsFunc(p.candidates, func(c candidate) bool { return c.cost != int64(c.offering.Price) })
}

// shares tells whether pods depend on each other by their volumes.
func (p *problem) shares() bool {
	return slices.ContainsFunc(p.classes, func(c class) bool { return c.ruled() })
}

// lowerBound is a price below which no set of machines that could be had at the start can hold the pods placed on new nodes. It is that
// of a looser problem, in which pods may go to any zone and near any pod, and only rules between pods of one class on one host
// count that hold whatever else is there.
func (p *problem) lowerBound(bought []int) money.PerHour {
	k := &packing{known: map[string]int{}}
	k.problem.Budgets = p.start
	for c := range p.candidates {
		if p.available(c) {
			made := &p.candidates[c]
			k.machines = append(k.machines, c)
			k.problem.Machines = append(k.problem.Machines, pack.Machine{Free: made.free, Cost: int64(made.offering.Price), Takes: made.takes})
		}
	}
	for class, pods := range bought {
		if pods == 0 {
			continue
		}
		fits, _ := k.fits(p, anyCell, func(c int) bool { return p.fits.row(class)[c] })
		k.addLoose(p, fits, class, pods)
	}
	k.exclude(p, p.table.Never)
	counts := make([]int, len(k.problem.Items))
	for i := range counts {
		counts[i] = k.problem.Items[i].Count
	}
	return money.PerHour(math.Floor(pack.LowerBound(&k.problem, counts)))
}

// available tells whether a node of the candidate could be had at the start, be it for pods or to reach the desired size of its group.
func (p *problem) available(c int) bool {
	made := &p.candidates[c]
	g := p.groups[made.group]
	return !made.offering.SoldOut && (g.ScaleUp || g.Nodes < g.Desired) && p.start.allows(made.takes)
}

// bought counts the pods of each class on new nodes.
func (r *run) bought() []int {
	bought := make([]int, len(r.p.classes))
	for i := len(r.p.nodes); i < len(r.spots); i++ {
		for _, l := range r.spots[i].loads {
			bought[l.class] += l.pods
		}
	}
	return bought
}

// addLoose adds pods as items that may share a machine with any other that no rule between the two forbids for ever.
func (k *packing) addLoose(p *problem, fits []bool, class, pods int) {
	alone, lonely := 0, p.table.HostRules(p.classes[class].profile)
	if p.table.Alone(p.classes[class].profile) {
		alone = 1
	}
	if !lonely {
		key := itemKey(fits, p.classes[class].lean)
		if at, ok := k.known[key]; ok {
			k.problem.Items[at].Count += pods
			return
		}
		k.known[key] = len(k.problem.Items)
	}
	k.sources = append(k.sources, class)
	k.problem.Items = append(k.problem.Items, pack.Item{Size: p.classes[class].lean, Count: pods, Fits: fits, PerMachine: alone})
}
