package pack

import "slices"

// How a machine is chosen anew: rebuildTries of those that promise most are filled, where each but the first is passed over now and
// then, at prices of resources that differ from the true ones by up to rebuildNoise per cent. So no two rounds are alike.
const (
	rebuildTries = 4
	rebuildNoise = 50
)

// rebuilder packs the items of a few bins anew.
type rebuilder struct {
	m      *model
	budget budget
	cost   float64 // of all bins, kept up to date
	worth  []float64
	prices []float64
	ranked []int
	fill   *filler
	kinds  []int // of the items to pack
	left   []int // of each kind
	noisy  []float64
	fresh  []bin  // the new bins, whose loads share the memory of slab
	slab   []Load // of the loads of this round
}

func newRebuilder(g *greedy, start budget) rebuilder {
	return rebuilder{m: g.m, budget: slices.Clone(start), worth: g.worth, prices: g.prices, ranked: g.rank(g.m.market), fill: newFiller(g.m),
		left: make([]int, len(g.m.Items)), noisy: slices.Clone(g.prices)}
}

// rebuild packs the items of the bins anew into fresh. It reports false, and changes nothing, when that costs more or fails.
//
// It gives up early: the items left are worth at most what their machines will cost, because the worths are proved to be a bound
// (bound.go), so what the fresh bins waste must stay within what the old ones did. With fees on budgets, costs here are those with
// fees, and a fresh packing that costs less but takes more of a budget may be given up too.
func (s *rebuilder) rebuild(old []bin, draw func(int) int) bool {
	oldCost, spare := s.empty(old)
	for d, p := range s.prices {
		s.noisy[d] = p * float64(100-rebuildNoise+draw(2*rebuildNoise+1)) / 100
	}
	s.fill.load(s.kinds, s.left, s.noisy, s.worth)
	s.fresh, s.slab = s.fresh[:0], s.slab[:0]
	cost := 0.0
	for first := s.mostValuable(); first >= 0; first = s.mostValuable() {
		machine, waste := s.choose(first, oldCost-cost, draw)
		if spare -= waste; machine < 0 || spare < -1e-9*oldCost {
			break
		}
		cost += float64(s.m.Machines[machine].Cost)
	}
	done := s.mostValuable() < 0 && cost <= oldCost
	if done {
		s.cost += cost - oldCost
	} else {
		s.restore(old)
	}
	for _, i := range s.kinds {
		s.left[i] = 0
	}
	return done
}

// empty takes the items of the bins, and returns what the bins cost and what they waste.
func (s *rebuilder) empty(old []bin) (cost, waste float64) {
	s.kinds = s.kinds[:0]
	for k := range old {
		machine := old[k].machine
		cost += float64(s.m.Machines[machine].Cost)
		waste += s.m.cost[machine]
		s.budget.spend(&s.m.Machines[machine], -1)
		for _, l := range old[k].loads {
			if s.left[l.Item] == 0 {
				s.kinds = append(s.kinds, l.Item)
			}
			s.left[l.Item] += l.Count
			waste -= s.worth[l.Item] * float64(l.Count)
		}
	}
	slices.Sort(s.kinds)
	s.fill.work += 8 * len(s.kinds)
	return cost, waste
}

// restore gives the budget back that the fresh bins took, and takes what the old ones do.
func (s *rebuilder) restore(old []bin) {
	for _, b := range s.fresh {
		s.budget.spend(&s.m.Machines[b.machine], -1)
	}
	for _, b := range old {
		s.budget.spend(&s.m.Machines[b.machine], 1)
	}
}

// mostValuable is the position of the kind whose items are worth most, or -1 when none is left.
func (s *rebuilder) mostValuable() int {
	best := -1
	for k, i := range s.kinds {
		if s.left[i] > 0 && (best < 0 || s.worth[i] > s.worth[s.kinds[best]]) {
			best = k
		}
	}
	return best
}

// choose adds the fresh bin with the lowest cost for the worth of its items, one of the first kind among them, that costs at most so much.
// It returns the machine, or -1, and what it wastes.
func (s *rebuilder) choose(first int, most float64, draw func(int) int) (machine int, waste float64) {
	f, tries, from, best := s.fill, rebuildTries, len(s.slab), 0.0
	machine = -1
	able := s.m.able.row(s.kinds[first])
	for _, j := range s.ranked {
		if !able[j] || float64(s.m.Machines[j].Cost) > most || !s.m.buyable(j, s.budget) || machine >= 0 && draw(2) == 0 {
			continue
		}
		f.begin(j)
		for k, i := range s.kinds {
			if s.left[i] > 0 && s.m.able.row(i)[j] {
				f.open = append(f.open, k)
			}
		}
		f.work += len(s.kinds) / 2
		worth := f.fill(first)
		if worth > best*s.m.cost[j] {
			machine, waste, best = j, s.m.cost[j]-worth, worth/s.m.cost[j]
			s.slab = f.appendLoads(s.slab[:from])
		}
		if tries--; tries == 0 {
			break
		}
	}
	if machine >= 0 {
		s.add(machine, s.slab[from:len(s.slab):len(s.slab)])
	}
	return machine, waste
}

// add counts a fresh bin as bought.
func (s *rebuilder) add(machine int, loads []Load) {
	s.fresh = append(s.fresh, bin{machine, loads})
	s.budget.spend(&s.m.Machines[machine], 1)
	for _, l := range loads {
		s.left[l.Item] -= l.Count
	}
	for k, i := range s.kinds {
		s.fill.limit[k] = min(s.left[i], s.m.most[i])
	}
}
