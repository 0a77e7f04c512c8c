package pack

import (
	"math/bits"
	"slices"
)

// scale chooses the unit and the cost of leaving an item: more than all machines that any packing needs. It reports false where
// sums would become too large.
func (x *exact) scale(dearest float64, items int, leaving bool) bool {
	most := (dearest + 1) * float64(items)
	if leaving {
		x.leave = 1
		most *= float64(items + 1)
	}
	if most > exactSum {
		return false
	}
	x.unit = 1
	for ; most*2 < exactSum && x.unit < 1<<20; most *= 2 {
		x.unit *= 2
	}
	x.leave *= (int64(dearest) + 1) * int64(items) * x.unit
	return true
}

// listScarce lists the budgets that could run out if each item needed a machine of its own.
func (x *exact) listScarce(items int, left budget) {
	for b, amount := range left {
		most := int64(0)
		for _, j := range x.m.market {
			most = max(most, taken(&x.m.Machines[j], b))
		}
		if hi, lo := bits.Mul64(uint64(most), uint64(items)); hi > 0 || lo > uint64(max(0, amount)) {
			x.scarce, x.start = append(x.scarce, b), append(x.start, max(0, amount))
			x.step = append(x.step, 1+max(0, amount)>>feeShift)
		}
	}
}

// listOffers lists the machines that could be bought, without those that are pointless beside another one.
func (x *exact) listOffers(left budget) {
	for _, j := range x.m.market {
		if left.most(&x.m.Machines[j]) == 0 {
			continue
		}
		if o := x.offerOf(j); !x.beaten(&o) {
			x.offers = append(x.offers, o)
		}
	}
	x.grid = x.leave
	for _, o := range x.offers {
		x.grid = divisor(x.grid, o.cost)
	}
	x.grid = max(1, x.grid)
}

// divisor is the greatest common divisor.
func divisor(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// offerOf describes a machine.
func (x *exact) offerOf(machine int) offer {
	o := offer{machine: machine, cost: x.m.Machines[machine].Cost * x.unit, limit: make([]int, len(x.kinds))}
	for _, b := range x.scarce {
		o.takes = append(o.takes, taken(&x.m.Machines[machine], b))
	}
	for p, i := range x.kinds {
		if x.m.able.row(i)[machine] {
			o.limit[p] = min(x.count[p], x.m.most[i])
		}
	}
	return o
}

// beaten tells whether an offer listed before, which is no dearer, is as good and takes no more from scarce budgets.
func (x *exact) beaten(o *offer) bool {
	return slices.ContainsFunc(x.offers, func(other offer) bool {
		for b, amount := range other.takes {
			if amount > o.takes[b] {
				return false
			}
		}
		return other.allows(o.limit) && holds(x.m.Machines[other.machine].Free, x.m.Machines[o.machine].Free)
	})
}
