package plan

import (
	"math"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// boundMargin is taken off a bound, so that rounding in its sums can never lift it above the truth.
const boundMargin = 1e-9

// lowerBound is a price below which no set of machines that could be had at the start can hold the given pods of each class.
// It is the largest of several bounds, each proved where it is computed.
func (p *problem) lowerBound(pods []int, b *budget) money.PerHour {
	market := p.market(b)
	if len(market) == 0 {
		return 0
	}
	best := 0.0
	for _, prices := range p.trialPrices(pods, market) {
		best = max(best, p.worthBound(pods, market, prices))
	}
	for class, n := range pods {
		if n > 0 {
			best = max(best, p.patternBound(class, n, market))
		}
	}
	return money.PerHour(math.Floor(best * (1 - boundMargin)))
}

// market lists the candidates that may be bought with the budget.
func (p *problem) market(b *budget) []int {
	var market []int
	for c := range p.candidates {
		if p.buyable(c, b) {
			market = append(market, c)
		}
	}
	return market
}

// trialPrices gives prices of resources for worthBound: those of the linear program, and for each resource those where nothing
// else has a price. Any prices give a valid bound; these give good ones.
func (p *problem) trialPrices(pods []int, market []int) [][]float64 {
	machines, cost := make([]vector, len(market)), make([]float64, len(market))
	for i, c := range market {
		machines[i], cost[i] = p.candidates[c].free, float64(p.candidates[c].offering.Price)
	}
	trials := [][]float64{resourcePrices(demand(p, pods), machines, cost)}
	for r := range p.axis.names {
		prices := make([]float64, len(p.axis.names))
		prices[r] = 1
		trials = append(trials, prices)
	}
	return trials
}

// worthBound adds up what the pods are worth at the given prices, where a class has the rate of the best machine that fits it.
//
// Proof: let y be the prices and rate(j) = cost(j) / y·free(j). The pods on a machine j are worth at most
// sum(rate(j) · y·req) = rate(j) · y·sum(req) <= rate(j) · y·free(j) = cost(j), because the rate of a class is at most that of any
// machine which fits it, and the pods on a machine ask for at most what is free. So all pods are worth at most what their machines
// cost. Where y·free(j) is nothing, so is y·req for every class that fits j.
func (p *problem) worthBound(pods []int, market []int, prices []float64) float64 {
	rates := make([]float64, len(p.candidates))
	for _, c := range market {
		if worth := dot(prices, p.candidates[c].free); worth > 0 {
			rates[c] = float64(p.candidates[c].offering.Price) / worth
		}
	}
	sum := 0.0
	for class, n := range pods {
		if n == 0 {
			continue
		}
		fits, rate := p.fits.row(class), math.Inf(1)
		for _, c := range market {
			if fits[c] {
				rate = min(rate, rates[c])
			}
		}
		if !math.IsInf(rate, 1) {
			sum += float64(n) * rate * dot(prices, p.classes[class].req)
		}
	}
	return sum
}

// patternBound looks at one class alone: a machine holds a whole number of its pods, and at least one machine is needed.
func (p *problem) patternBound(class, pods int, market []int) float64 {
	c := &p.classes[class]
	fits := p.fits.row(class)
	share, whole := math.Inf(1), math.Inf(1)
	for _, m := range market {
		if fits[m] {
			price := float64(p.candidates[m].offering.Price)
			whole = min(whole, price)
			share = min(share, price/float64(copies(p.candidates[m].free, c.req, pods)))
		}
	}
	if math.IsInf(whole, 1) {
		return 0
	}
	return max(whole, share*float64(pods))
}
