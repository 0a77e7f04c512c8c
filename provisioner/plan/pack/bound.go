package pack

import (
	"math"
	"slices"
)

// boundMargin is taken off a bound, so that rounding in its sums can never lift it above the truth.
const boundMargin = 1e-9

// LowerBound is a cost below which no set of machines within the budgets holds counts[i] items of each kind i, in the unit of
// Machine.Cost. It is the largest of several bounds, each proved where it is computed; of a small problem it is mostly the lowest cost
// itself (prove.go). Zero is always valid. Items that no machine can hold are not counted.
func LowerBound(p *Problem, counts []int) float64 {
	counted := *p
	counted.Items = slices.Clone(p.Items)
	for i, n := range counts {
		counted.Items[i].Count = n
	}
	m := newModel(&counted)
	bound := m.lowerBound(counts)
	if m.small(counts) {
		k := m.pack()
		m.improve(&k, bound)
		if !m.waiting(&k) {
			bound = m.prove(&k, bound)
		}
	}
	return bound
}

// lowerBound is LowerBound for at most as many items as the model has.
func (m *model) lowerBound(counts []int) float64 {
	if len(m.market) == 0 {
		return 0
	}
	best := 0.0
	cost := m.charged(make([]float64, len(m.Budgets)))
	for _, prices := range m.trialPrices(counts, cost) {
		best = max(best, m.worthBound(counts, cost, prices))
	}
	if _, bound := m.bestFees(counts); bound > best {
		best = bound
	}
	best = max(best, m.kindBound(counts, best))
	return math.Floor(best * (1 - boundMargin))
}

// trialPrices gives prices for worthBound: those of the linear program, and for each resource and slot those where nothing else has
// a price. Any prices give a valid bound; these give good ones.
func (m *model) trialPrices(counts []int, cost []float64) [][]float64 {
	trials := [][]float64{m.bestPrices(m.demand(counts), m.market, cost)}
	for r := range m.width() {
		prices := make([]float64, m.width())
		prices[r] = 1
		trials = append(trials, prices)
	}
	return trials
}

// worthBound adds up what the items are worth at the given prices when machines have the given costs, where a kind has the rate of the
// best machine that fits it.
//
// Proof: let y be the prices and rate(j) = cost(j) / y·supply(j), where supply is what is free and one slot of each kind that an item
// on j can need. The items on a machine j are worth at most sum(rate(j) · y·takes) = rate(j) · y·sum(takes) <= rate(j) · y·supply(j) =
// cost(j), because the rate of a kind is at most that of any machine which fits it, and the items on a machine take at most what is
// free and at most a whole slot (slots.go). So all items are worth at most what their machines cost. Where y·supply(j) is nothing, so
// is y·takes for every kind that fits j. Machines outside the market change nothing (market.go).
func (m *model) worthBound(counts []int, cost, prices []float64) float64 {
	rates := make([]float64, len(m.Machines))
	for _, j := range m.market {
		if worth := m.content(j, prices); worth > 0 {
			rates[j] = cost[j] / worth
		}
	}
	sum := 0.0
	for i, n := range counts {
		if n <= 0 {
			continue
		}
		able, rate := m.able.row(i), math.Inf(1)
		for _, j := range m.market {
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
