package plan

import (
	"slices"
)

// Make decides what to do for a snapshot. Each pod of the snapshot is in exactly one place of the plan: placed on a node, on a new
// node, or left with a reason. The order of the snapshot's lists does not matter.
func Make(s *Snapshot) *Plan {
	p := compile(s)
	start := newBudget(p.groups, s.Limits)
	plan := &Plan{Placed: p.placeOnNodes(&start), Left: p.unsupported}
	bought := p.pack(start.clone())
	plan.LowerBound = p.lowerBound(bought.pods(p), &start)
	sizes := p.reachDesired(&bought)
	report := newReport(p, &bought)
	for i := range bought.purchases {
		plan.add(p, report.forPods(&bought.purchases[i]), &bought.purchases[i])
	}
	for i := range sizes {
		plan.add(p, report.forSize(sizes[i].candidate), &sizes[i])
	}
	plan.Left = append(plan.Left, p.leftOver(&bought.budget)...)
	plan.sort()
	return plan
}

// pods counts the pods of each class on the machines to buy.
func (k *packing) pods(p *problem) []int {
	pods := make([]int, len(p.classes))
	for i := range pods {
		pods[i] = p.classes[i].rest() - k.left[i]
	}
	return pods
}

// reachDesired buys the cheapest machines for the groups that are below their desired size even with those bought for pods.
func (p *problem) reachDesired(k *packing) []purchase {
	have := make([]int, len(p.groups))
	for i := range k.purchases {
		have[p.candidates[k.purchases[i].candidate].group]++
	}
	var sizes []purchase
	for c := range p.candidates { // the cheapest first
		g := p.candidates[c].group
		missing := min(p.groups[g].Desired-p.groups[g].Nodes-have[g], k.budget.most(g))
		if missing <= 0 || p.candidates[c].offering.SoldOut {
			continue
		}
		have[g] += missing
		k.budget.spend(g, missing)
		for range missing {
			sizes = append(sizes, purchase{candidate: c})
		}
	}
	return sizes
}

// add turns a purchase into a new node and hands it its pods.
func (plan *Plan) add(p *problem, considered []Considered, bought *purchase) {
	c := &p.candidates[bought.candidate]
	node := NewNode{GroupKey: p.groups[c.group].Key, Offering: c.offering, Considered: considered}
	for _, l := range bought.loads {
		node.Pods = append(node.Pods, p.classes[l.class].next(l.pods)...)
	}
	plan.NewNodes = append(plan.NewNodes, node)
	plan.Price += c.offering.Price
}

// sort puts the pods in the order of their names; new nodes stay in the order in which they were chosen.
func (plan *Plan) sort() {
	slices.SortStableFunc(plan.Placed, func(a, b Placement) int { return comparePods(a.Pod, b.Pod) })
	slices.SortStableFunc(plan.Left, func(a, b Unplaced) int { return comparePods(a.Pod, b.Pod) })
	for i := range plan.NewNodes {
		slices.SortStableFunc(plan.NewNodes[i].Pods, comparePods)
	}
}
