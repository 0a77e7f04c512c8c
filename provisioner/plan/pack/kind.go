package pack

import (
	"math"
	"slices"
)

// coverItems and coverWork bound the table of cover: the number of items, and the steps to fill it.
const (
	coverItems = 50_000
	coverWork  = 2_000_000
)

// coverable tells whether the table of cover for n items stays within its bounds.
func (m *model) coverable(n int) bool { return n <= coverItems && n*len(m.market) <= coverWork }

// kindBound is the cost of holding the items of one kind alone: a machine holds a whole number of them, and machines are bought whole.
// All items cost at least as much as those of any one kind, and this looks at the kind for which a simple estimate is highest. It is
// computed exactly only where that may exceed the bound that is known.
func (m *model) kindBound(counts []int, known float64) float64 {
	kind, highest := -1, 0.0
	for i, n := range counts {
		if n <= 0 {
			continue
		}
		if e := m.kindEstimate(i, n); e > highest {
			kind, highest = i, e
		}
	}
	if kind < 0 || highest < known*0.9 || !m.coverable(counts[kind]) {
		return highest
	}
	return m.cover(kind, counts[kind])[counts[kind]].cost
}

// kindEstimate counts machines of which the last may be bought in part, but at least one whole. It is zero for items that fit nowhere.
func (m *model) kindEstimate(item, n int) float64 {
	share, whole := math.Inf(1), math.Inf(1)
	able := m.able.row(item)
	for _, j := range m.market {
		if able[j] {
			cost := float64(m.Machines[j].Cost)
			whole = min(whole, cost)
			share = min(share, cost/float64(m.holdsAlone(j, item, n)))
		}
	}
	if math.IsInf(whole, 1) {
		return 0
	}
	return max(whole, share*float64(n))
}

// covering is the cheapest way to hold a number of items of one kind: its cost, and the last machine with the items it holds.
type covering struct {
	cost           float64
	machine, items int
}

// cover gives for each number up to n the cheapest way to hold so many items of the kind when budgets do not matter.
func (m *model) cover(item, n int) []covering {
	var offers []covering
	able := m.able.row(item)
	for _, j := range m.market {
		if able[j] {
			offers = append(offers, covering{float64(m.Machines[j].Cost), j, m.holdsAlone(j, item, n)})
		}
	}
	least := make([]covering, n+1)
	for k := 1; k <= n; k++ {
		least[k].cost = math.Inf(1)
		for _, o := range offers {
			if cost := o.cost + least[max(0, k-o.items)].cost; cost < least[k].cost {
				least[k] = covering{cost, o.machine, min(k, o.items)}
			}
		}
	}
	return least
}

// packAlone packs items that are all of one kind at the lowest cost. It reports false when there are more kinds, too many items, or
// budgets that such a packing would exceed.
func (m *model) packAlone() (packing, bool) {
	k, kind := m.newPacking(), -1
	for i, n := range k.left {
		if n == 0 || !m.helped(i) {
			continue
		}
		if kind >= 0 {
			return k, false
		}
		kind = i
	}
	if kind < 0 || !m.coverable(k.left[kind]) {
		return k, false
	}
	least := m.cover(kind, k.left[kind])
	for k.left[kind] > 0 {
		c := least[k.left[kind]]
		if k.budget.most(&m.Machines[c.machine]) == 0 {
			return k, false
		}
		k.budget.spend(&m.Machines[c.machine], 1)
		k.bought = append(k.bought, Purchase{Machine: c.machine, Times: 1, Loads: []Load{{kind, c.items}}})
		k.left[kind] -= c.items
	}
	return k, true
}

// helped tells whether any machine may be bought for the kind.
func (m *model) helped(item int) bool {
	return slices.ContainsFunc(m.market, func(j int) bool { return m.able.row(item)[j] })
}

// holdsAlone is how many items of the kind, at most n, the machine holds when it holds nothing else; it must hold one.
func (m *model) holdsAlone(machine, item, n int) int {
	if per := m.Items[item].PerMachine; per > 0 {
		n = min(n, per)
	}
	return copies(m.Machines[machine].Free, m.size(item), n)
}
