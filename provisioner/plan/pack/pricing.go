package pack

import (
	"math"
	"math/bits"
)

// feeShift sets for how much of a budget a fee is paid, so that a whole number is precise enough however large the budget is.
const feeShift = 20

// pricingQuota bounds the work on one machine at first; pricingMargin and pricingCoarse are the precision of prices, the second where
// they are much work.
const (
	pricingQuota  = 300
	pricingMargin = 1e-7
	pricingCoarse = 2e-3
)

// prices are what one item of each kind is worth, and the fee for one step of each scarce budget.
type prices struct{ items, fees []int64 }

// worthOf is a bound on the cost of holding the items with such budgets: they are worth no more than the filled machines cost with fees,
// and the fees come to no more than those of the whole budgets.
func (x *exact) worthOf(p *prices, items []int, budgets []int64) int64 {
	sum := int64(0)
	for i, n := range items {
		sum += p.items[i] * int64(n)
	}
	for b, fee := range p.fees {
		if fee > 0 {
			sum -= charge(fee, budgets[b], x.step[b]) + 1
		}
	}
	return sum
}

// charged is what an offer costs with fees, rounded down.
func (x *exact) charged(p *prices, o *offer) int64 {
	sum := o.cost
	for b, fee := range p.fees {
		sum += charge(fee, o.takes[b], x.step[b])
	}
	return sum
}

// charge is the fee for an amount, rounded down.
func charge(fee, amount, step int64) int64 {
	hi, lo := bits.Mul64(uint64(fee), uint64(max(0, amount)))
	if hi >= uint64(step) {
		return exactSum
	}
	q, _ := bits.Div64(hi, lo, uint64(step))
	return int64(min(q, exactSum))
}

// findPrices finds the prices with the highest bound (column generation): those at which the ways to fill a machine that are
// known are worth no more than they cost; then ways that are worth more, and so on until there are none. It reports false where that is
// too much work.
//
// Ways that are worth more are looked for with little work at first, and with as much as it takes at the end.
func (x *exact) findPrices(k *packing) bool {
	s := x.newMaster(k)
	f, quota := newPricer(x), pricingQuota
	for {
		x.work += s.optimise() / exactCells
		p := x.round(s)
		most, found, cut := 1.0, false, false
		margin := x.margin()
		for o := range x.offers {
			cost := x.charged(&p, &x.offers[o])
			f.begin(&x.offers[o], p.items)
			f.stop = min(x.limit, x.work+quota)
			worth := f.best(cost + int64(margin*float64(cost)))
			if x.work > x.limit {
				return false
			}
			cut = cut || x.work > f.stop
			most = max(most, float64(worth)/float64(max(1, cost)))
			if len(f.chosen) > 0 {
				s.addColumn(x, &x.offers[o], f.chosen)
				found = true
			}
		}
		switch {
		case found:
		case cut:
			quota *= 10
		default:
			x.prices = lowered(p, most)
			return true
		}
	}
}

// margin is by what share a filled machine may be worth more than it costs before prices are found anew. The bound is so much lower.
func (x *exact) margin() float64 {
	if x.work > exactWork/8 {
		return pricingCoarse
	}
	return pricingMargin
}

// round makes the prices of the linear program whole numbers, those of items rounded down and fees up.
func (x *exact) round(s *master) prices {
	y := s.variables()
	p := prices{items: make([]int64, len(x.kinds)), fees: make([]int64, len(x.scarce))}
	for i := range p.items {
		p.items[i] = int64(min(y[i]*s.money, exactSum))
		if x.leave > 0 {
			p.items[i] = min(p.items[i], x.leave)
		}
	}
	for b := range p.fees {
		fee := y[len(x.kinds)+b] * s.money * float64(x.step[b]) / float64(max(1, x.start[b]))
		p.fees[b] = int64(math.Ceil(min(fee, exactSum)))
	}
	return p
}

// lowered divides the prices of items by a number a little above one, rounding down. What was worth at most so many times its cost is then
// worth no more than that.
func lowered(p prices, by float64) prices {
	if by > 1 {
		for i, price := range p.items {
			p.items[i] = int64(float64(price) / (by * (1 + boundMargin)))
		}
	}
	return p
}
