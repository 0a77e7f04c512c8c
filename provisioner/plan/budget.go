package plan

import (
	"math"
	"slices"
)

// unlimited is the number of nodes that may be bought without a limit. Counting down from it never reaches zero.
const unlimited = math.MaxInt

// budget is how many nodes may still be bought.
type budget struct {
	rooms []int // of each group, up to its maximum
	nodes int   // of the whole plan
}

func newBudget(groups []*Group, limits Limits) budget {
	b := budget{rooms: make([]int, len(groups)), nodes: limits.MaxNewNodes}
	for i, g := range groups {
		b.rooms[i] = max(0, g.Max-g.Nodes)
	}
	if b.nodes <= 0 {
		b.nodes = unlimited
	}
	return b
}

func (b *budget) clone() budget { return budget{rooms: slices.Clone(b.rooms), nodes: b.nodes} }

// most is the number of nodes that the group may still get.
func (b *budget) most(group int) int { return min(b.rooms[group], b.nodes) }

// spend counts nodes of a group as bought.
func (b *budget) spend(group, nodes int) {
	b.rooms[group] -= nodes
	b.nodes -= nodes
}

// swap moves a bought node from one group to another.
func (b *budget) swap(from, to int) {
	b.rooms[from]++
	b.rooms[to]--
}
