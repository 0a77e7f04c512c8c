package pack

import (
	"cmp"
	"math"
	"slices"
)

// exactStates bounds the states that are remembered. visitWork and childWork are the work on one of them, and on one way to go on.
const (
	exactStates = 100_000
	visitWork   = 10
	childWork   = 2
)

// brancher tries the ways to buy one machine after the other that cost no more than a target.
type brancher struct {
	x      *exact
	known  int64 // the cost of the best packing
	best   []choice
	target int64
	trail  []choice
	left   []int
	budget []int64
	spent  int64
	with   [][]int   // for each kind, the columns that have it, by reduced cost
	rank   []int     // positions in the order in which they are placed
	radix  bool      // whether states can be told apart
	next   [][]child // at each depth
	taken  [][]uint8 // the items of the choice at each depth
	free   Vector    // for wasteful
}

// choice is one machine with its items, or with no offer, items that are left.
type choice struct {
	offer int
	items []uint8
}

// child is a choice to be tried: a column, or -1 to leave the items, and what it costs beyond the fall of the bound.
type child struct {
	column  int
	reduced int64
}

func newBrancher(x *exact, known int64) *brancher {
	b := &brancher{x: x, known: known, left: slices.Clone(x.count), budget: slices.Clone(x.start), free: make(Vector, x.m.dims)}
	states := 1.0
	for _, n := range x.count {
		states *= float64(n + 1)
	}
	b.radix = states < math.MaxUint64/2
	states = 1
	for _, n := range x.start {
		states *= float64(n) + 1
	}
	b.radix = b.radix && states < math.MaxUint64/2
	return b
}

// search tries all packings that cost no more than the target, and lowers it below what it finds. It reports false where that was too
// much work.
func (b *brancher) search() bool {
	x := b.x
	b.with = make([][]int, len(x.kinds))
	for c := range x.columns {
		for i, n := range x.columns[c].items {
			if n > 0 {
				b.with[i] = append(b.with[i], c)
			}
		}
	}
	b.rank = slices.Clone(x.all)
	slices.SortStableFunc(b.rank, func(a, c int) int {
		return cmp.Or(cmp.Compare(len(b.with[a]), len(b.with[c])), cmp.Compare(x.prices.items[c], x.prices.items[a]))
	})
	b.visit(0)
	return x.work <= x.limit
}

// visit tries all ways to place what is left. It is enough to try full machines with an item of one kind: some machine of a best packing
// holds one, and if there is room on it for other items, they may as well be there.
func (b *brancher) visit(depth int) {
	first := b.first()
	if first < 0 {
		b.known, b.target = b.spent, b.spent-b.x.grid
		b.best = slices.Clone(b.trail)
		for i := range b.best {
			b.best[i].items = slices.Clone(b.best[i].items)
		}
		return
	}
	b.x.work += visitWork
	key := b.state()
	ahead, known := b.x.ahead[key]
	if b.radix && known && b.spent+ahead > b.target {
		return
	}
	for _, c := range b.children(depth, first) {
		if c.reduced > b.slack() {
			break
		}
		b.try(depth, first, c.column)
		if b.x.work > b.x.limit {
			return
		}
	}
	if b.radix && (known || len(b.x.ahead) < exactStates) {
		b.x.ahead[key] = b.target + b.x.grid - b.spent
	}
}

// slack is how much more may be spent than the bound on what is left.
func (b *brancher) slack() int64 {
	return b.target - b.spent - b.x.worthOf(&b.x.prices, b.left, b.budget)
}

// first is the kind to place next, or -1.
func (b *brancher) first() int {
	for _, i := range b.rank {
		if b.left[i] > 0 {
			return i
		}
	}
	return -1
}

// state numbers what is left of the items and the budgets; radix tells whether the numbers are unique.
func (b *brancher) state() [2]uint64 {
	var key [2]uint64
	for i, n := range b.left {
		key[0] = key[0]*uint64(b.x.count[i]+1) + uint64(n)
	}
	for i, n := range b.budget {
		key[1] = key[1]*uint64(b.x.start[i]+1) + uint64(n)
	}
	return key
}

// children lists what can be done with the first kind within the target, the lowest reduced cost first.
func (b *brancher) children(depth, first int) []child {
	for len(b.next) <= depth {
		b.next = append(b.next, nil)
	}
	list, slack, worth := b.next[depth][:0], b.slack(), b.x.prices.items
	if leave := b.x.leave - worth[first]; b.x.leave > 0 && leave <= slack/int64(b.left[first]) {
		list = append(list, child{-1, leave * int64(b.left[first])})
	}
	for _, c := range b.with[first] {
		column := &b.x.columns[c]
		if column.reduced > slack {
			break
		}
		b.x.work += childWork
		reduced := column.reduced
		for i, n := range column.items {
			reduced += worth[i] * int64(max(0, int(n)-b.left[i]))
		}
		if reduced <= slack && b.affords(column.offer) && !b.wasteful(column, first) {
			list = append(list, child{c, reduced})
		}
	}
	slices.SortFunc(list, func(a, c child) int {
		return cmp.Or(cmp.Compare(a.reduced, c.reduced), cmp.Compare(a.column, c.column))
	})
	b.next[depth] = list
	return list
}

// affords tells whether the budgets allow the offer.
func (b *brancher) affords(offer int) bool {
	for i, amount := range b.x.offers[offer].takes {
		if amount > b.budget[i] {
			return false
		}
	}
	return true
}

// try does one thing, visits what is then left, and undoes it.
func (b *brancher) try(depth, first, column int) {
	for len(b.taken) <= depth {
		b.taken = append(b.taken, make([]uint8, len(b.left)))
	}
	items, offer := b.taken[depth], -1
	var cost int64
	clear(items)
	if column < 0 {
		items[first] = uint8(b.left[first])
		cost = b.x.leave * int64(b.left[first])
	} else {
		c := &b.x.columns[column]
		offer, cost = c.offer, b.x.offers[c.offer].cost
		for i, n := range c.items {
			items[i] = uint8(min(int(n), b.left[i]))
		}
	}
	b.apply(offer, items, 1)
	b.spent += cost
	b.x.work += childWork
	if b.spent <= b.target && b.slack() >= 0 {
		b.trail = append(b.trail, choice{offer, items})
		b.visit(depth + 1)
		b.trail = b.trail[:len(b.trail)-1]
	}
	b.spent -= cost
	b.apply(offer, items, -1)
}

// apply takes items and the offer's share of the budgets from what is left, or gives them back.
func (b *brancher) apply(offer int, items []uint8, times int) {
	for i, n := range items {
		b.left[i] -= times * int(n)
	}
	if offer < 0 {
		return
	}
	for i, amount := range b.x.offers[offer].takes {
		b.budget[i] -= int64(times) * amount
	}
}
