package plan

import (
	"slices"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// Planner makes plans, one after the other, and remembers what it read of the nodes and their pods, so that it need not read what has
// not changed. It gives the same plans as Make. The zero value is ready for use; a Planner must not be used by two goroutines at once.
type Planner struct{ memory memory }

// Make decides what to do for a snapshot. Each pod of the snapshot is in exactly one place of the plan: placed on a node, on a new
// node, or left with a reason. The order of the snapshot's lists does not matter.
func Make(s *Snapshot) *Plan { return new(Planner).Make(s) }

// Make is the function Make with a memory. A running pod with the UID and the resource version that it had in the last snapshot
// counts as unchanged.
func (pl *Planner) Make(s *Snapshot) *Plan {
	known := pl.know(s)
	r, plain := best(s, known)
	plan := r.plan()
	if r == plain {
		plan.LowerBound = r.lowerBound()
	} else {
		plan.LowerBound = boundWithoutPreferences(s, known, plan)
		plan.explainAs(plain)
	}
	if plan.LowerBound > 0 {
		plan.Gap = float64(r.price()-plan.LowerBound) / float64(plan.LowerBound)
	}
	return plan
}

func (pl *Planner) know(s *Snapshot) *known {
	digests := pl.memory.read(s.Nodes)
	return &known{digests: digests, families: pl.memory.families}
}

func (r *run) leftPods() int {
	sum := 0
	for _, n := range r.left {
		sum += n
	}
	return sum
}

// price is that of the nodes bought for pods.
func (r *run) price() money.PerHour {
	sum := money.PerHour(0)
	for i := len(r.p.nodes); i < len(r.spots); i++ {
		if s := &r.spots[i]; len(s.loads) > 0 {
			sum += r.p.candidates[s.candidate].offering.Price
		}
	}
	return sum
}

// plan writes down what a run has decided.
func (r *run) plan() *Plan {
	p := r.p
	r.seatPromised()
	plan := &Plan{Left: p.screened}
	for i := range p.nodes {
		for _, l := range r.spots[i].loads {
			late := r.placedLate(l.class, i)
			for n, pod := range p.classes[l.class].next(l.pods) {
				plan.Placed = append(plan.Placed, Placement{Pod: pod, Node: p.nodes[i].Name, Late: n >= l.pods-late})
			}
		}
	}
	report := newReport(r)
	for i := len(p.nodes); i < len(r.spots); i++ {
		s := &r.spots[i]
		c := &p.candidates[s.candidate]
		node := NewNode{GroupKey: p.groups[c.group].Key, Offering: c.offering, Considered: report.forSpot(s)}
		for _, l := range s.loads {
			node.Pods = append(node.Pods, p.classes[l.class].next(l.pods)...)
		}
		plan.Price += c.offering.Price
		plan.NewNodes = append(plan.NewNodes, node)
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
