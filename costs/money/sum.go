package money

import "math"

// Plus adds two prices, neither of them negative. A sum that is too large to hold is the largest price there is.
func (p PerHour) Plus(other PerHour) PerHour {
	if p > math.MaxInt64-other {
		return math.MaxInt64
	}
	return p + other
}

// Times is the price of a number of machines, neither of them negative. A product that is too large to hold is the largest price
// there is.
func (p PerHour) Times(machines int64) PerHour {
	if p > 0 && machines > math.MaxInt64/int64(p) {
		return math.MaxInt64
	}
	return p * PerHour(machines)
}
