package pack

import (
	"cmp"
	"slices"
)

// leastPriceShare keeps the price of every resource above nothing, as a share of what it costs on the machine where it is cheapest.
// The linear program gives no price to what is plenty; with none at all an item that asks only for that would be worth nothing.
const leastPriceShare = 1e-4

// valuation says what resources, machines and items are worth in the current state of a packing.
type valuation struct {
	// prices is what one unit of each resource, and then each slot, is worth.
	prices []float64
	// rate is the cost of each machine for each unit of worth that it could hold; 1 is a machine worth its money.
	rate []float64
	// ranked are the machines that may be bought, by rate.
	ranked []int
	// worth is what an item of each kind is worth: its resources at the rate of the best machine that fits it. An item that only
	// fits dear machines is therefore worth more. It is zero when no machine may be bought for it.
	worth []float64
	// itemRate is the rate that went into the worth of each kind.
	itemRate []float64
}

func newValuation(m *model) valuation {
	return valuation{rate: make([]float64, len(m.Machines)), worth: make([]float64, len(m.Items)), itemRate: make([]float64, len(m.Items))}
}

// revalue brings the valuation up to date with the items and the budget that are left.
func (g *greedy) revalue() {
	g.ranked = g.ranked[:0]
	for _, j := range g.m.market {
		if g.m.buyable(j, g.budget) {
			g.ranked = append(g.ranked, j)
		}
	}
	g.price(g.m, g.m.demand(g.left))
	g.ranked = g.rank(g.ranked)
	for _, i := range g.waiting {
		g.stuck[i] = g.onlyScarce(i)
		g.itemRate[i], g.worth[i] = g.bestRate(g.m, i), 0
		if g.itemRate[i] > 0 {
			g.worth[i] = g.itemRate[i]*g.m.toll(i, g.prices) + leastWorth
		}
	}
}

// rank sorts machines by their rate.
func (g *greedy) rank(machines []int) []int {
	for _, j := range machines {
		g.rate[j] = g.m.cost[j] / max(leastWorth, g.m.content(j, g.prices))
	}
	ranked := slices.Clone(machines)
	slices.SortStableFunc(ranked, func(a, b int) int { return cmp.Compare(g.rate[a], g.rate[b]) })
	return ranked
}

// leastWorth is what an item that takes nothing is worth, so that it finds a place too. A machine costs at least 1.
const leastWorth = 1e-6

// price sets the prices.
func (v *valuation) price(m *model, demand []float64) {
	v.prices = m.bestPrices(demand, v.ranked, m.cost)
	for r := range m.dims {
		cheapest := 0.0
		for _, j := range v.ranked {
			if has := float64(m.Machines[j].Free[r]); has > 0 && (cheapest == 0 || m.cost[j]/has < cheapest) {
				cheapest = m.cost[j] / has
			}
		}
		v.prices[r] = max(v.prices[r], leastPriceShare*cheapest)
	}
}

// bestRate is that of the best machine which fits the kind, or zero.
func (v *valuation) bestRate(m *model, item int) float64 {
	able := m.able.row(item)
	for _, j := range v.ranked {
		if able[j] {
			return v.rate[j]
		}
	}
	return 0
}

// promise is a score that no pattern of the machine can exceed: its items are worth at most all of its resources, at the highest
// rate of a kind that fits it.
func (g *greedy) promise(machine int) float64 {
	highest := 0.0
	for _, i := range g.waiting {
		if g.itemRate[i] > highest && g.m.able.row(i)[machine] {
			highest = g.itemRate[i]
		}
	}
	return highest / g.rate[machine]
}
