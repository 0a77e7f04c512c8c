package pack

import "slices"

// Solve chooses machines for all items that can be helped. What it gives is always feasible, and the same problem always gives the
// same solution.
//
// Buying at the lowest price for the work may use up a budget on small machines. Where that leaves items behind, a second packing
// fills the machines of such budgets with as much as they hold, and the one that leaves fewer items is taken.
func Solve(p *Problem) Solution {
	m := newModel(p)
	thrifty := m.packWith(make([]bool, len(p.Machines)))
	if scarce, found := m.scarce(&thrifty); found {
		roomy := m.packWith(scarce)
		fewer := thrifty.leftItems() - roomy.leftItems()
		if fewer > 0 || fewer == 0 && m.price(roomy.bought) < m.price(thrifty.bought) {
			thrifty = roomy
		}
	}
	m.improve(&thrifty)
	return Solution{Bought: thrifty.bought, Left: thrifty.left}
}

// packing is a set of machines to buy and what is then left.
type packing struct {
	bought []Purchase
	budget budget
	left   []int // items of each kind that found no place
}

func (m *model) newPacking() packing {
	k := packing{budget: slices.Clone(budget(m.Budgets)), left: make([]int, len(m.Items))}
	for i := range m.Items {
		k.left[i] = max(0, m.Items[i].Count)
	}
	return k
}

func (m *model) packWith(scarce []bool) packing {
	g := newGreedy(m, m.newPacking(), scarce)
	for g.buy() {
		for g.buy() {
		}
		m.downsize(&g.packing) // may free a budget that was used up
	}
	return g.packing
}

// scarce marks the machines that could help items which are left, if only there were room in their budgets.
func (m *model) scarce(k *packing) (machines []bool, found bool) {
	machines = make([]bool, len(m.Machines))
	used := make([]bool, len(m.Budgets))
	for i, left := range k.left {
		if left == 0 {
			continue
		}
		for j, ok := range m.able.row(i) {
			if !ok {
				continue
			}
			for _, t := range m.Machines[j].Takes {
				used[t.Budget] = used[t.Budget] || t.Amount > k.budget[t.Budget]
			}
		}
	}
	for j := range m.Machines {
		for _, t := range m.Machines[j].Takes {
			if used[t.Budget] && budget(m.Budgets).most(&m.Machines[j]) > 0 {
				machines[j], found = true, true
			}
		}
	}
	return machines, found
}

func (k *packing) leftItems() int {
	sum := 0
	for _, n := range k.left {
		sum += n
	}
	return sum
}

// price is what the machines cost together.
func (m *model) price(bought []Purchase) float64 {
	sum := 0.0
	for i := range bought {
		sum += float64(m.Machines[bought[i].Machine].Cost) * float64(bought[i].Times)
	}
	return sum
}
