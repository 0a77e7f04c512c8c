package plan

import (
	"cmp"
	"slices"
)

// leastPriceShare keeps the price of every resource above nothing, as a share of what it costs on the machine where it is cheapest.
// The linear program gives no price to what is plenty; with none at all a pod that asks only for that would be worth nothing.
const leastPriceShare = 1e-4

// valuation says what resources, machines and pods are worth in the current state of a packing, in billionths an hour.
type valuation struct {
	cost []float64 // of each candidate; at least one, so that free machines can be compared
	// prices is what one unit of each resource is worth.
	prices []float64
	// rate is the cost of each candidate for each unit of worth that it could hold; 1 is a machine worth its money.
	rate []float64
	// ranked are the candidates that may be bought, by rate.
	ranked []int
	// worth is what a pod of each class is worth: its resources at the rate of the best candidate that fits it. A pod that only
	// fits dear machines is therefore worth more. It is zero when no candidate may be bought for it.
	worth []float64
	// classRate is the rate that went into the worth of each class.
	classRate []float64
}

func newValuation(p *problem) valuation {
	v := valuation{
		cost: make([]float64, len(p.candidates)), rate: make([]float64, len(p.candidates)),
		worth: make([]float64, len(p.classes)), classRate: make([]float64, len(p.classes)),
	}
	for c := range p.candidates {
		v.cost[c] = float64(max(1, p.candidates[c].offering.Price))
	}
	return v
}

// revalue brings the valuation up to date with the pods and the budget that are left.
func (k *packer) revalue() {
	k.ranked = k.ranked[:0]
	for c := range k.p.candidates {
		if k.p.buyable(c, &k.budget) {
			k.ranked = append(k.ranked, c)
		}
	}
	k.price(k.p, demand(k.p, k.left))
	for _, c := range k.ranked {
		k.rate[c] = k.cost[c] / dot(k.prices, k.p.candidates[c].free)
	}
	slices.SortStableFunc(k.ranked, func(a, b int) int { return cmp.Compare(k.rate[a], k.rate[b]) })
	for _, i := range k.waiting {
		k.classRate[i] = k.bestRate(k.p, i)
		k.worth[i] = k.classRate[i] * dot(k.prices, k.p.classes[i].req)
	}
}

// price sets the prices of the resources.
func (v *valuation) price(p *problem, demand []float64) {
	machines, cost := make([]vector, len(v.ranked)), make([]float64, len(v.ranked))
	for i, c := range v.ranked {
		machines[i], cost[i] = p.candidates[c].free, v.cost[c]
	}
	v.prices = resourcePrices(demand, machines, cost)
	for r := range v.prices {
		cheapest := 0.0
		for i := range machines {
			if has := float64(machines[i][r]); has > 0 && (cheapest == 0 || cost[i]/has < cheapest) {
				cheapest = cost[i] / has
			}
		}
		v.prices[r] = max(v.prices[r], leastPriceShare*cheapest)
	}
}

// bestRate is that of the best candidate which fits the class, or zero.
func (v *valuation) bestRate(p *problem, class int) float64 {
	fits := p.fits.row(class)
	for _, c := range v.ranked {
		if fits[c] {
			return v.rate[c]
		}
	}
	return 0
}

// promise is a score that no pattern of the candidate can exceed: its pods are worth at most all of its resources, at the highest
// rate of a class that fits it.
func (k *packer) promise(candidate int) float64 {
	highest := 0.0
	for _, i := range k.waiting {
		if k.classRate[i] > highest && k.p.fits.row(i)[candidate] {
			highest = k.classRate[i]
		}
	}
	return highest / k.rate[candidate]
}

// demand is what pods of the classes ask for together.
func demand(p *problem, pods []int) []float64 {
	sum := make([]float64, len(p.axis.names))
	for i, n := range pods {
		for r, amount := range p.classes[i].req {
			sum[r] += float64(amount) * float64(n)
		}
	}
	return sum
}

func dot(prices []float64, amounts vector) float64 {
	sum := 0.0
	for r, amount := range amounts {
		sum += prices[r] * float64(amount)
	}
	return sum
}
