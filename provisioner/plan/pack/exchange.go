package pack

import "slices"

// exchange empties machines with so many items together, looks for the best machines for them with so much work, and goes on until
// all work is done or so many rounds for each machine have brought nothing.
const (
	exchangeItems = 18
	exchangeRound = 60_000
	exchangeWork  = 600_000
	exchangeIdle  = 6
)

// exchange lowers the cost of a packing by solving parts of it exactly: a few machines at a time, drawn by a generator with a fixed start.
func (m *model) exchange(k *packing) {
	var bins []Purchase
	for _, b := range k.bought {
		for range b.Times {
			bins = append(bins, Purchase{Machine: b.Machine, Times: 1, Loads: b.Loads})
		}
	}
	dice := generator(1)
	for work, idle := 0, 0; work < exchangeWork && idle < exchangeIdle*len(bins); idle++ {
		n := drawPart(bins, &dice)
		part := packing{bought: slices.Clone(bins[:n]), budget: k.budget, left: make([]int, len(m.Items)), cost: k.cost}
		spent, gained := m.solvePart(&part)
		work += spent
		if gained {
			bins, idle = append(part.bought, bins[n:]...), 0
		}
	}
	k.bought = bins
}

// drawPart moves some bins to the front and tells how many they are: at least two, and as many as exchangeItems allows.
func drawPart(bins []Purchase, dice *generator) int {
	n, items := 0, 0
	for n < len(bins) {
		at := n + dice.draw(len(bins)-n)
		for _, l := range bins[at].Loads {
			items += l.Count
		}
		if items > exchangeItems && n >= 2 {
			break
		}
		bins[n], bins[at] = bins[at], bins[n]
		n++
	}
	return n
}

// solvePart replaces a few machines by cheaper ones if there are such. It returns the work that took.
func (m *model) solvePart(part *packing) (work int, gained bool) {
	counts := make([]int, len(m.Items))
	for _, b := range part.bought {
		part.budget.spend(&m.Machines[b.Machine], -b.Times)
		for _, l := range b.Loads {
			counts[l.Item] += l.Count * b.Times
		}
	}
	before := m.price(part.bought)
	x := m.newExact(counts, false, part.budget)
	for _, b := range part.bought {
		part.budget.spend(&m.Machines[b.Machine], b.Times)
	}
	if x == nil {
		return exchangeRound, false
	}
	x.limit = exchangeRound
	x.solve(part)
	return x.work, m.price(part.bought) < before
}
