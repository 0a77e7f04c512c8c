package pack

import "slices"

// Fees turn budgets into money: who takes from a budget pays for each unit, on top of the cost. With the right fees the cheapest machines
// are those that keep within the budgets, and they give a bound that knows of budgets:
//
// Proof: let f >= 0 be the fees. Machines within the budgets cost sum(cost) >= sum(cost + f·takes) - f·budgets, because what they take is
// at most the budgets; and any lower bound on the cost with fees may stand for the first sum.
//
// The bound is concave in the fees, so each is raised while that helps, one after the other.
const (
	feeBudgets = 8    // looked at
	feeFirst   = 0.01 // of the bound for a whole budget, to begin with
	feeDoubles = 24
	feeSteps   = 12 // to narrow the best fee down
)

// charged is what each machine costs with the fees.
func (m *model) charged(fees []float64) []float64 {
	cost := make([]float64, len(m.Machines))
	for j := range m.Machines {
		cost[j] = float64(m.Machines[j].Cost)
		for _, t := range m.Machines[j].Takes {
			cost[j] += fees[t.Budget] * float64(t.Amount)
		}
	}
	return cost
}

// feeBound is the bound that follows from the fees.
func (m *model) feeBound(counts []int, fees []float64) float64 {
	cost := m.charged(fees)
	bound := m.worthBound(counts, cost, m.bestPrices(m.demand(counts), m.market, cost))
	for b, fee := range fees {
		bound -= fee * float64(max(0, m.Budgets[b]))
	}
	return bound
}

// bestFees searches for the fees with the highest bound.
func (m *model) bestFees(counts []int) (fees []float64, bound float64) {
	fees = make([]float64, len(m.Budgets))
	bound = m.feeBound(counts, fees)
	if bound <= 0 {
		return fees, bound
	}
	for b := range min(len(m.Budgets), feeBudgets) {
		if m.Budgets[b] <= 0 {
			continue
		}
		trial := slices.Clone(fees)
		at := func(fee float64) float64 {
			trial[b] = fee
			return m.feeBound(counts, trial)
		}
		if fee, high := climb(at, feeFirst*bound/float64(m.Budgets[b]), bound); high > bound {
			fees[b], bound = fee, high
		}
	}
	return fees, bound
}

// climb finds a high value of a concave function that has the given value at zero, and where it is.
func climb(at func(float64) float64, first, zero float64) (where, value float64) {
	low, where, value := 0.0, 0.0, zero
	high := first
	for range feeDoubles {
		v := at(high)
		if v <= value {
			break
		}
		low, where, value = where, high, v
		high *= 2
	}
	if where == 0 {
		return 0, zero
	}
	for range feeSteps {
		left, right := (low+where)/2, (where+high)/2
		switch l, r := at(left), at(right); {
		case l > value:
			where, value, high = left, l, where
		case r > value:
			where, value, low = right, r, where
		default:
			low, high = left, right
		}
	}
	return where, value
}
