package pack

import (
	"cmp"
	"slices"
)

// exactColumns bounds the list of columns.
const exactColumns = 20_000

// listColumns lists the ways to fill a machine to which no item can be added and whose reduced cost is at most so much. It reports false
// where they are too many. Where less is left, the ways to fill a machine are what is left of these.
func (x *exact) listColumns(most int64) bool {
	f := newPricer(x)
	x.columns = x.columns[:0]
	var slab []uint8 // the items of all columns, side by side
	many := false
	for o := range x.offers {
		cost := x.charged(&x.prices, &x.offers[o])
		f.begin(&x.offers[o], x.prices.items)
		f.need = cost - most
		f.keep = func(worth int64) {
			if !f.full() || x.cheaperHolds(o, f.count) {
				return
			}
			if len(x.columns) == exactColumns {
				many, f.stop = true, 0
				return
			}
			from := len(slab)
			for _, n := range f.count {
				slab = append(slab, uint8(n))
			}
			x.columns = append(x.columns, column{offer: o, items: slab[from:len(slab):len(slab)], reduced: cost - worth})
		}
		f.fill(0, 0, f.room)
		if x.work > x.limit || many {
			return false
		}
	}
	slices.SortStableFunc(x.columns, func(a, b column) int { return cmp.Compare(a.reduced, b.reduced) })
	return true
}

// cheaperHolds tells whether there is a cheaper machine for these items.
func (x *exact) cheaperHolds(offer int, items []int) bool {
	if len(x.scarce) > 0 {
		return false
	}
	used := make(Vector, x.m.dims)
	for i, n := range items {
		take(used, x.m.size(x.kinds[i]), -n)
	}
	for o := range offer { // the cheapest first
		x.work++
		if holds(x.m.Machines[x.offers[o].machine].Free, used) && x.offers[o].allows(items) {
			return true
		}
	}
	return false
}

// allows tells whether the machine may hold the items, room apart.
func (o *offer) allows(items []int) bool {
	for i, n := range items {
		if n > o.limit[i] {
			return false
		}
	}
	return true
}
