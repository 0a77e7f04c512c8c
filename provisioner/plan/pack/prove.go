package pack

import "slices"

// glanceWork is the work after which the exact search waits for a better packing to start from; most problems need less.
const glanceWork = 250_000

// prove replaces a packing by a better one, if it finds one, and returns the bound, raised as far as is proved.
//
// The packing is the best there is where the exact search ends within its work: it leaves the fewest items, and costs the least of those
// that leave so few. The bound is then its cost: other machines that hold the same items for less would have been better.
func (m *model) prove(k *packing, bound float64) float64 {
	if m.waiting(k) {
		left := slices.Clone(k.left)
		if x := m.newExact(m.counts(), true, m.Budgets); x != nil && x.solve(k) == 0 {
			return m.price(k.bought)
		}
		if !slices.Equal(left, k.left) {
			bound = m.lowerBound(m.placed(k))
		}
	}
	if m.price(k.bought) <= bound {
		return bound
	}
	x := m.newExact(m.placed(k), false, m.Budgets)
	if x == nil {
		return bound
	}
	x.limit = glanceWork
	gap := x.solve(k)
	if gap > 0 {
		m.exchange(k)
		x.limit = x.work + exactWork
		gap = x.solve(k)
	}
	return max(bound, m.price(k.bought)-gap)
}

// waiting tells whether items are left for which there is a machine.
func (m *model) waiting(k *packing) bool {
	for i, n := range k.left {
		if n > 0 && m.helped(i) {
			return true
		}
	}
	return false
}

// small tells whether the exact search looks at a problem with such items.
func (m *model) small(counts []int) bool {
	kinds, items := 0, 0
	for i, n := range counts {
		if n > 0 && m.helped(i) {
			kinds, items = kinds+1, items+n
		}
	}
	return items > 0 && items <= exactItems && kinds <= exactKinds
}
