package pack

import "math"

// budget is what is left of the budgets of a problem.
type budget []int64

// most is how many machines of the kind may still be bought.
func (b budget) most(m *Machine) int {
	n := int64(math.MaxInt32)
	for _, t := range m.Takes {
		if t.Amount > 0 {
			n = min(n, max(0, b[t.Budget])/t.Amount)
		}
	}
	return int(n)
}

// spend counts machines as bought, or as given back when times is negative.
func (b budget) spend(m *Machine, times int) {
	for _, t := range m.Takes {
		b[t.Budget] -= t.Amount * int64(times)
	}
}

// swaps is how many machines, at most times, can be exchanged for others.
func (b budget) swaps(from, to *Machine, times int) int {
	b.spend(from, -times)
	n := min(times, b.most(to))
	b.spend(from, times)
	if n == times {
		return n
	}
	// What each exchange gives back is only worth what is exchanged, so the number is found from below.
	n = 0
	for n < times && b.swapsOne(from, to) {
		b.spend(from, -1)
		b.spend(to, 1)
		n++
	}
	b.spend(to, -n)
	b.spend(from, n)
	return n
}

func (b budget) swapsOne(from, to *Machine) bool {
	b.spend(from, -1)
	ok := b.most(to) > 0
	b.spend(from, 1)
	return ok
}
