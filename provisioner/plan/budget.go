package plan

import (
	"maps"
	"math"
	"slices"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/pack"
)

// unlimited is a budget without a limit. Nothing that is taken from it ever exhausts it.
const unlimited = math.MaxInt64 / 4

// budget is what may still be bought. Its first entries are the numbers of nodes of each group up to its maximum; then come the
// nodes of the plan, the nodes of the cluster, and the limited resources by name.
type budget []int64

func (p *problem) newBudget(s *Snapshot) budget {
	b := make(budget, 0, len(p.groups)+2+len(s.Limits.MaxResources))
	for _, g := range p.groups {
		b = append(b, int64(max(0, g.Max-g.Nodes)))
	}
	b = append(b, limit(int64(s.Limits.MaxNewNodes), 0), limit(int64(s.Limits.MaxNodes), int64(len(s.Nodes)+len(s.Leaving))))
	p.limited = slices.Sorted(maps.Keys(s.Limits.MaxResources))
	for _, name := range p.limited {
		maximum, used := s.Limits.MaxResources[name], int64(0)
		for i := range s.Nodes {
			has := s.Nodes[i].Allocatable[name]
			used += amount(name, &has)
		}
		for _, leaving := range s.Leaving {
			has := leaving[name]
			used += amount(name, &has)
		}
		b = append(b, max(0, amount(name, &maximum)-used))
	}
	return b
}

// limit is what is left of a maximum; a maximum of zero limits nothing.
func limit(maximum, used int64) int64 {
	if maximum <= 0 {
		return unlimited
	}
	return max(0, maximum-used)
}

// takes is what a node of the group with the offering takes from the budget.
func (p *problem) takes(group int, o *Offering) []pack.Take {
	nodes := len(p.groups)
	takes := []pack.Take{{Budget: group, Amount: 1}, {Budget: nodes, Amount: 1}, {Budget: nodes + 1, Amount: 1}}
	for i, name := range p.limited {
		has := o.Allocatable[name]
		if n := amount(name, &has); n > 0 {
			takes = append(takes, pack.Take{Budget: nodes + 2 + i, Amount: n})
		}
	}
	return takes
}

func (b budget) clone() budget { return slices.Clone(b) }

// allows tells whether one more node that takes this may be bought.
func (b budget) allows(takes []pack.Take) bool {
	return !slices.ContainsFunc(takes, func(t pack.Take) bool { return b[t.Budget] < t.Amount })
}

// spend takes off what a node takes, and gives it back where nodes is negative.
func (b budget) spend(takes []pack.Take, nodes int) {
	for _, t := range takes {
		b[t.Budget] -= t.Amount * int64(nodes)
	}
}

// short names the first budget that does not allow a node: the index of a group, or len(groups) and more for the cluster.
func (b budget) short(takes []pack.Take) int {
	for _, t := range takes {
		if b[t.Budget] < t.Amount {
			return t.Budget
		}
	}
	return -1
}
