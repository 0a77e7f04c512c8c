package pack

import (
	"cmp"
	"math"
	"slices"
)

// What is small enough for the exact search: so many items of so many kinds. exactWork bounds it in steps of a few nanoseconds each; they
// count work and not time, so that the solution does not depend on the load.
const (
	exactKinds = 64
	exactItems = 200
	exactWork  = 900_000
)

// firstShare is what part of the gap between the bound and the best packing known is searched first.
const firstShare = 16

// exactCells is how many cells of a linear program can be changed in one such step.
const exactCells = 16

// exactSum bounds all sums of costs, so that as floats they lose nothing.
const exactSum = 1 << 52

// exact is the search for the best packing of a small problem. All its arithmetic is on integers, so what it proves does not rest on
// rounding; costs are multiplied by unit, so that prices of items need not be whole.
//
//   - Items get prices, and units of the budgets fees, at which no machine is filled with more than it costs (pricing.go). What is left
//     to place is worth a lower bound on what it will cost.
//   - The reduced cost of a filled machine is what it costs, with fees, beyond the worth of its items. It is never negative, and
//     a packing costs the bound of all items and the reduced costs of its machines. So only machines whose reduced costs stay within the
//     gap between the bound and the best packing known can be part of a better one; they are listed (patterns.go, columns.go).
//   - Those are tried, one machine after the other, always for an item of the first kind that is left (branch.go, dominance.go).
type exact struct {
	m       *model
	kinds   []int // those with items to place; a position below is an index of this list
	count   []int
	all     []int // the positions
	offers  []offer
	scarce  []int   // the budgets that may run out
	start   []int64 // what there is of those
	step    []int64 // for how much of those a fee is paid
	unit    int64   // what costs are multiplied by
	grid    int64   // of which all costs of packings are multiples
	leave   int64   // what it costs to leave an item, or zero where all must be placed
	work    int
	limit   int     // of the work
	better  [][]int // for each kind, those that are harder to place (dominance.go)
	columns []column
	prices  prices
	bound   int64 // on the cost of all packings, once there are prices
	// ahead is for states, that is what is left of items and budgets, what the rest costs at least.
	ahead map[[2]uint64]int64
}

// offer is a machine of the market, as the exact search sees it.
type offer struct {
	machine int
	cost    int64
	takes   []int64 // from each scarce budget
	limit   []int   // how many of each kind it may hold, room apart
}

// column is a way to fill a machine.
type column struct {
	offer   int
	items   []uint8 // of each kind
	reduced int64   // cost, beyond the worth of the items
}

// newExact prepares the search for the best packing of so many items, or of some of them; it returns nil where they are too many.
func (m *model) newExact(counts []int, leaving bool, left budget) *exact {
	x := &exact{m: m, limit: exactWork}
	if !m.small(counts) {
		return nil
	}
	items := 0
	for i, n := range counts {
		if n > 0 && m.helped(i) {
			x.kinds, x.count = append(x.kinds, i), append(x.count, n)
			items += n
		}
	}
	for p := range x.kinds {
		x.all = append(x.all, p)
	}
	dearest := int64(0)
	for _, j := range m.market {
		dearest = max(dearest, m.Machines[j].Cost)
	}
	x.listScarce(items, left)
	if !x.scale(float64(dearest), items, leaving) {
		return nil
	}
	x.listOffers(left)
	x.listBetter()
	x.ahead = map[[2]uint64]int64{}
	return x
}

// solve improves the packing as far as it can. It returns how much less than the packing, at most, a better one could cost: zero where
// there is none.
//
// It looks first for packings that cost a little more than the bound, and then for dearer ones up to what is known. The fewer packings
// come into question the less work it is to try all; so most of the work is done at the end, and what was proved before stays.
func (x *exact) solve(k *packing) float64 {
	if x.prices.items == nil && !x.findPrices(k) {
		return math.Inf(1)
	}
	known, lower := x.total(k), x.worthOf(&x.prices, x.count, x.start)
	x.bound = max(x.bound, x.onGrid(lower))
	b := newBrancher(x, known)
	for share := int64(firstShare); x.bound < b.known; share = max(1, share/2) {
		b.target = min((b.known-1)/x.grid*x.grid, x.onGrid(lower+max(0, b.known-lower)/share))
		if !x.listColumns(b.target-lower) || !b.search() {
			break
		}
		x.bound = b.target + x.grid
	}
	if b.known < known {
		x.adopt(k, b.best)
	}
	return float64(b.known-min(x.bound, b.known)) / float64(x.unit)
}

// onGrid is the lowest cost that a packing can have from a given one on.
func (x *exact) onGrid(cost int64) int64 { return (max(0, cost) + x.grid - 1) / x.grid * x.grid }

// total is the cost of a packing and of the items that it leaves.
func (x *exact) total(k *packing) int64 {
	sum := int64(0)
	for _, b := range k.bought {
		sum += x.m.Machines[b.Machine].Cost * int64(b.Times) * x.unit
	}
	if x.leave > 0 {
		for _, i := range x.kinds {
			sum += int64(k.left[i]) * x.leave
		}
	}
	return sum
}

// adopt makes the packing what the search has found.
func (x *exact) adopt(k *packing, best []choice) {
	for i := range k.bought {
		k.budget.spend(&x.m.Machines[k.bought[i].Machine], -k.bought[i].Times)
	}
	k.bought = k.bought[:0:0]
	if x.leave > 0 {
		for p, i := range x.kinds {
			k.left[i] = x.count[p]
		}
	}
	for _, c := range best {
		if c.offer < 0 {
			continue
		}
		bought := Purchase{Machine: x.offers[c.offer].machine, Times: 1}
		for p, n := range c.items {
			if n > 0 {
				bought.Loads = append(bought.Loads, Load{x.kinds[p], int(n)})
				if x.leave > 0 {
					k.left[x.kinds[p]] -= int(n)
				}
			}
		}
		slices.SortFunc(bought.Loads, func(a, b Load) int { return cmp.Compare(a.Item, b.Item) })
		k.budget.spend(&x.m.Machines[bought.Machine], 1)
		k.bought = append(k.bought, bought)
	}
}
