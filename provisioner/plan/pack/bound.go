package pack

import "math"

// boundMargin is taken off a bound, so that rounding in its sums can never lift it above the truth.
const boundMargin = 1e-9

// LowerBound is a cost below which no set of machines within the budgets holds counts[i] items of each kind i, in the unit of
// Machine.Cost. It is the largest of several bounds, each proved where it is computed; zero is always valid. Items that no machine
// can hold are not counted.
func LowerBound(p *Problem, counts []int) float64 {
	m := newModel(p)
	market := m.market
	if len(market) == 0 {
		return 0
	}
	best := 0.0
	for _, prices := range m.trialPrices(counts, market) {
		best = max(best, m.worthBound(counts, market, prices))
	}
	for i, n := range counts {
		if n > 0 {
			best = max(best, m.kindBound(i, n, market))
		}
	}
	return math.Floor(best * (1 - boundMargin))
}

// trialPrices gives prices of resources for worthBound: those of the linear program, and for each resource those where nothing
// else has a price. Any prices give a valid bound; these give good ones.
func (m *model) trialPrices(counts, market []int) [][]float64 {
	trials := [][]float64{m.bestPrices(m.demand(counts), market, m.cost)}
	for r := range m.width() {
		prices := make([]float64, m.width())
		prices[r] = 1
		trials = append(trials, prices)
	}
	return trials
}

// worthBound adds up what the items are worth at the given prices, where a kind has the rate of the best machine that fits it.
//
// Proof: let y be the prices and rate(j) = cost(j) / y·free(j). The items on a machine j are worth at most
// sum(rate(j) · y·size) = rate(j) · y·sum(size) <= rate(j) · y·free(j) = cost(j), because the rate of a kind is at most that of any
// machine which fits it, and the items on a machine take at most what is free. So all items are worth at most what their machines
// cost. Where y·free(j) is nothing, so is y·size for every kind that fits j.
func (m *model) worthBound(counts, market []int, prices []float64) float64 {
	rates := make([]float64, len(m.Machines))
	for _, j := range market {
		if worth := m.content(j, prices); worth > 0 {
			rates[j] = float64(m.Machines[j].Cost) / worth
		}
	}
	sum := 0.0
	for i, n := range counts {
		if n <= 0 {
			continue
		}
		able, rate := m.able.row(i), math.Inf(1)
		for _, j := range market {
			if able[j] {
				rate = min(rate, rates[j])
			}
		}
		if !math.IsInf(rate, 1) {
			sum += float64(n) * rate * m.toll(i, prices)
		}
	}
	return sum
}

// kindBound looks at one kind alone: a machine holds a whole number of its items, and at least one machine is needed.
func (m *model) kindBound(item, n int, market []int) float64 {
	limit := n
	if per := m.Items[item].PerMachine; per > 0 {
		limit = min(limit, per)
	}
	able, share, whole := m.able.row(item), math.Inf(1), math.Inf(1)
	for _, j := range market {
		if able[j] {
			cost := float64(m.Machines[j].Cost)
			whole = min(whole, cost)
			share = min(share, cost/float64(copies(m.Machines[j].Free, m.size(item), limit)))
		}
	}
	if math.IsInf(whole, 1) {
		return 0
	}
	return max(whole, share*float64(n))
}
