package pack

import "slices"

// fewestTries and fillWork bound how many machines are filled before one is chosen: always some, and more of them while few kinds
// are left and a fill is cheap. They count work and not time, so that the solution does not depend on the load.
const (
	fewestTries = 8
	fillWork    = 4000
)

// greedy buys machines one pattern after the other until no item can be helped.
type greedy struct {
	packing
	m      *model
	scarce []bool // machines where room counts for more than price
	// stuck are the kinds that only scarce machines can help.
	stuck []bool
	valuation
	// waiting are the kinds with items left, in the order of the problem.
	waiting []int
	fill    *filler
}

func newGreedy(m *model, start packing, scarce []bool) *greedy {
	g := &greedy{packing: start, m: m, scarce: scarce, stuck: make([]bool, len(m.Items)), valuation: newValuation(m)}
	g.fill = newFiller(m)
	for i := range m.Items {
		g.waiting = append(g.waiting, i)
	}
	return g
}

// buy finds the pattern for the most valuable item that is left, and buys it as often as its items allow. It reports false when
// no machine can be bought for any item.
func (g *greedy) buy() bool {
	g.drop()
	g.revalue()
	seed := g.mostValuable()
	if seed < 0 {
		return false
	}
	best := g.choose(seed)
	machine := &g.m.Machines[best.Machine]
	best.Times = g.budget.most(machine)
	for _, l := range best.Loads {
		best.Times = min(best.Times, g.left[l.Item]/l.Count)
	}
	for _, l := range best.Loads {
		g.left[l.Item] -= best.Times * l.Count
	}
	g.budget.spend(machine, best.Times)
	g.bought = append(g.bought, best)
	return true
}

// drop forgets the kinds without items.
func (g *greedy) drop() {
	kept := g.waiting[:0]
	for _, i := range g.waiting {
		if g.left[i] > 0 {
			kept = append(kept, i)
		}
	}
	g.waiting = kept
}

// mostValuable is the kind whose items are worth most, or -1 when none can be helped.
func (g *greedy) mostValuable() int {
	seed := -1
	for _, i := range g.waiting {
		if g.worth[i] > 0 && (seed < 0 || g.worth[i] > g.worth[seed]) {
			seed = i
		}
	}
	return seed
}

// choose fills the machines that promise most and gives the one with the lowest price for the worth of its items. Among scarce
// machines it is the one with the highest worth.
func (g *greedy) choose(seed int) Purchase {
	tries := max(fewestTries, fillWork/len(g.waiting))
	roomy := g.stuck[seed]
	g.fill.load(g.waiting, g.left, g.prices, g.worth)
	first := slices.Index(g.waiting, seed)
	if roomy {
		tries = len(g.ranked)
	}
	var best Purchase
	var bestScore float64
	for _, j := range g.ranked {
		if !g.m.able.row(seed)[j] || g.scarce[j] != roomy {
			continue
		}
		if !roomy && g.promise(j) <= bestScore {
			continue
		}
		worth := g.pattern(j, first)
		score := worth / g.m.cost[j]
		if roomy {
			score = worth
		}
		if score > bestScore {
			best, bestScore = Purchase{Machine: j, Loads: g.fill.appendLoads(best.Loads[:0])}, score
		}
		if tries--; tries == 0 {
			break
		}
	}
	return best
}

// pattern fills a machine, starting with one item of the first kind, and returns what its items are worth. On a scarce machine only
// those items count that have no other place.
func (g *greedy) pattern(machine, first int) float64 {
	f := g.fill
	f.begin(machine)
	for k, i := range g.waiting {
		if g.m.able.row(i)[machine] && (!g.scarce[machine] || g.stuck[i]) {
			f.open = append(f.open, k)
		}
	}
	return f.fill(first)
}

// onlyScarce tells whether the kind can be helped by scarce machines only.
func (g *greedy) onlyScarce(item int) bool {
	able := g.m.able.row(item)
	for _, j := range g.ranked {
		if able[j] && !g.scarce[j] {
			return false
		}
	}
	return true
}
