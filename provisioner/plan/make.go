package plan

import (
	"slices"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// Make decides what to do for a snapshot. Each pod of the snapshot is in exactly one place of the plan: placed on a node, on a new
// node, or left with a reason. The order of the snapshot's lists does not matter.
func Make(s *Snapshot) *Plan {
	p := compile(s)
	return p.plan(p.solve())
}

// plan writes down what a run has decided.
func (p *problem) plan(r *run) *Plan {
	plan := &Plan{Left: p.screened}
	for i := range p.nodes {
		for _, l := range r.spots[i].loads {
			for _, pod := range p.classes[l.class].next(l.pods) {
				plan.Placed = append(plan.Placed, Placement{Pod: pod, Node: p.nodes[i].Name})
			}
		}
	}
	report := newReport(r)
	forPods := money.PerHour(0)
	for i := len(p.nodes); i < len(r.spots); i++ {
		s := &r.spots[i]
		c := &p.candidates[s.candidate]
		node := NewNode{GroupKey: p.groups[c.group].Key, Offering: c.offering, Considered: report.forSpot(s)}
		for _, l := range s.loads {
			node.Pods = append(node.Pods, p.classes[l.class].next(l.pods)...)
		}
		if len(s.loads) > 0 {
			forPods += c.offering.Price
		}
		plan.Price += c.offering.Price
		plan.NewNodes = append(plan.NewNodes, node)
	}
	plan.LowerBound = p.lowerBound(r)
	if plan.LowerBound > 0 {
		plan.Gap = float64(forPods-plan.LowerBound) / float64(plan.LowerBound)
	}
	plan.Left = append(plan.Left, r.leftOver()...)
	plan.sort()
	return plan
}

// sort puts the pods in the order of their names; new nodes stay in the order in which they were chosen.
func (plan *Plan) sort() {
	slices.SortStableFunc(plan.Placed, func(a, b Placement) int { return comparePods(a.Pod, b.Pod) })
	slices.SortStableFunc(plan.Left, func(a, b Unplaced) int { return comparePods(a.Pod, b.Pod) })
	for i := range plan.NewNodes {
		slices.SortStableFunc(plan.NewNodes[i].Pods, comparePods)
	}
}
