package pack

import (
	"cmp"
	"slices"
)

// Solve chooses machines for all items that can be helped. What it gives is always feasible, and the same problem always gives the
// same solution.
//
// Machines are first bought greedily, each filled by what its resources are worth (greedy.go, worth.go, fill.go), and then exchanged
// by local search until that no longer helps, the work is done, or the cost is proved to be lowest (improve.go, downsize.go). Small
// problems are then solved exactly, as far as that is not too much work (prove.go, exact.go).
func Solve(p *Problem) Solution {
	m := newModel(p)
	best, alone := m.packAlone()
	if !alone {
		best = m.pack()
	}
	bound := m.lowerBound(m.placed(&best))
	m.improve(&best, bound)
	m.downsize(&best)
	if left := best.leftItems(); left > 0 {
		m.resume(&best, make([]bool, len(m.Machines))) // in what the exchanges left of the budgets
		if best.leftItems() < left {
			bound = m.lowerBound(m.placed(&best))
		}
	}
	bound = m.prove(&best, bound)
	return Solution{Bought: merge(best.bought), Left: best.left, Bound: bound}
}

// placed counts the items of each kind that have a place.
func (m *model) placed(k *packing) []int {
	counts := m.counts()
	for i, n := range k.left {
		counts[i] -= n
	}
	return counts
}

// pack buys greedily. Buying at the lowest price for the work may use up a budget on small machines. Where that leaves items behind,
// it is tried again with fees on the budgets, and with as much as they hold on the machines that take from the exhausted ones. What
// leaves the fewest items, and then what costs least, is taken.
func (m *model) pack() packing {
	best := m.packWith(make([]bool, len(m.Machines)))
	scarce, found := m.scarce(&best)
	if !found {
		return best
	}
	tries := append(m.packCharged(), m.packWith(scarce))
	for i := range tries {
		fewer := best.leftItems() - tries[i].leftItems()
		if fewer > 0 || fewer == 0 && m.price(tries[i].bought) < m.price(best.bought) {
			best = tries[i]
		}
	}
	return best
}

// packCharged packs with the best fees, and with more: whole machines need a little more room than the shares of machines from which
// the fees follow.
func (m *model) packCharged() []packing {
	fees, _ := m.bestFees(m.counts())
	free := m.cost
	defer func() { m.cost = free }()
	var tries []packing
	for _, more := range []float64{1, 1.2, 5.0 / 3} {
		for b := range fees {
			fees[b] *= more
		}
		m.cost = m.charged(fees)
		for j := range m.cost {
			m.cost[j] = max(1, m.cost[j])
		}
		tries = append(tries, m.packWith(make([]bool, len(m.Machines))))
	}
	return tries
}

// merge puts purchases that are alike together.
func merge(bought []Purchase) []Purchase {
	slices.SortStableFunc(bought, comparePurchases)
	merged := bought[:0]
	for _, b := range bought {
		if n := len(merged); n > 0 && comparePurchases(merged[n-1], b) == 0 {
			merged[n-1].Times += b.Times
		} else {
			merged = append(merged, b)
		}
	}
	return merged
}

func comparePurchases(a, b Purchase) int {
	return cmp.Or(cmp.Compare(a.Machine, b.Machine), slices.CompareFunc(a.Loads, b.Loads, func(x, y Load) int {
		return cmp.Or(cmp.Compare(x.Item, y.Item), cmp.Compare(x.Count, y.Count))
	}))
}

// packing is a set of machines to buy and what is then left.
type packing struct {
	bought []Purchase
	budget budget
	left   []int     // items of each kind that found no place
	cost   []float64 // of each machine as it was reckoned: with fees or without
}

func (m *model) newPacking() packing {
	return packing{budget: slices.Clone(budget(m.Budgets)), left: m.counts(), cost: m.cost}
}

func (m *model) packWith(scarce []bool) packing {
	k := m.newPacking()
	m.resume(&k, scarce)
	return k
}

// resume buys for the items that are left.
func (m *model) resume(k *packing, scarce []bool) {
	g := newGreedy(m, *k, scarce)
	for g.buy() {
		for g.buy() {
		}
		m.downsize(&g.packing) // may free a budget that was used up
	}
	*k = g.packing
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
