package pack

import "slices"

// improveWork bounds the local search in items looked at: some, and improveWorkItem more for each item to pack. idleRounds is how many
// rounds without a gain it goes on: some, and some more for each machine. They count work and not time, so that the solution does
// not depend on the load.
const (
	improveWork       = 14_000_000
	improveWorkItem   = 400
	idleRounds        = 50
	idleRoundsMachine = 20
)

// What a round of the local search empties was found by trial on workloads of many shapes: machines with ruinItems items together, give
// or take; the first is the most wasteful of ruinDraws, the others are drawn up to relatedDraws times until one could change places.
const (
	ruinItems    = 40
	ruinDraws    = 30
	relatedDraws = 6
)

// improver is the local search (ruin and recreate): round after round it empties a few machines, packs their items anew in another
// way, and keeps what costs no more. Exchanges at equal cost are kept too: they change what later rounds can do.
//
// What chance decides is drawn from a generator with a fixed start, so that the search is the same every time.
type improver struct {
	bins  []bin
	waste []float64 // of each bin
	generator
	rebuilder
}

// bin is one bought machine during the local search.
type bin struct {
	machine int
	loads   []Load
}

// improve lowers the cost of a packing without leaving more items. A packing that costs no more than the bound is left alone.
func (m *model) improve(k *packing, bound float64) {
	// Where fees led to the packing they lead the search too; but nothing is kept that truly costs more.
	free := m.cost
	m.cost = k.cost
	defer func() { m.cost = free }()
	s := newImprover(m, k)
	enough := bound*(1+2*boundMargin) + 1
	most := improveWork + improveWorkItem*m.itemCount()
	for idle := 0; s.cost > enough && s.fill.work < most && idle < idleRounds+idleRoundsMachine*len(s.bins); idle++ {
		before := s.cost
		n := s.pick()
		if s.rebuild(s.bins[:n], s.draw) {
			s.replace(n)
		}
		if s.cost < before {
			idle = 0
		}
	}
	k.budget, k.bought = s.budget, k.bought[:0:0]
	for _, b := range s.bins {
		k.bought = append(k.bought, Purchase{Machine: b.machine, Times: 1, Loads: b.loads})
	}
}

func newImprover(m *model, k *packing) *improver {
	g := newGreedy(m, m.newPacking(), make([]bool, len(m.Machines)))
	g.drop()
	g.revalue()
	s := &improver{generator: 1, rebuilder: newRebuilder(g, k.budget)}
	for _, b := range k.bought {
		for range b.Times {
			s.bins = append(s.bins, bin{b.Machine, b.Loads})
			s.waste = append(s.waste, s.wasteOf(s.bins[len(s.bins)-1]))
			s.cost += float64(m.Machines[b.Machine].Cost)
		}
	}
	return s
}

// wasteOf is what a bin costs beyond the worth of its items.
func (s *improver) wasteOf(b bin) float64 {
	waste := s.m.cost[b.machine]
	for _, l := range b.loads {
		waste -= s.worth[l.Item] * float64(l.Count)
	}
	return waste
}

// pick moves the bins to empty to the front and tells how many they are.
func (s *improver) pick() int {
	n := 0
	for items, goal := 0, ruinItems/4+s.draw(ruinItems); n < len(s.bins) && (n < 2 || items < goal); n++ {
		at := s.wasteful()
		if n > 0 {
			at = s.related(n)
		}
		s.bins[n], s.bins[at] = s.bins[at], s.bins[n]
		s.waste[n], s.waste[at] = s.waste[at], s.waste[n]
		for _, l := range s.bins[n].loads {
			items += l.Count
		}
	}
	return n
}

// wasteful draws a bin that wastes much.
func (s *improver) wasteful() int {
	at := s.draw(len(s.bins))
	for range ruinDraws - 1 {
		if other := s.draw(len(s.bins)); s.waste[other] > s.waste[at] {
			at = other
		}
	}
	return at
}

// related draws a bin, not among the first n, that could exchange items with the very first.
func (s *improver) related(n int) int {
	first, at := &s.bins[0], 0
	for range relatedDraws {
		at = n + s.draw(len(s.bins)-n)
		other := &s.bins[at]
		if s.m.able.row(first.loads[0].Item)[other.machine] || s.m.able.row(other.loads[0].Item)[first.machine] {
			break
		}
	}
	return at
}

// replace puts the rebuilt bins in the place of the first n.
func (s *improver) replace(n int) {
	for k, b := range s.fresh {
		b.loads = slices.Clone(b.loads)
		if k < n {
			s.bins[k], s.waste[k] = b, s.wasteOf(b)
		} else {
			s.bins, s.waste = append(s.bins, b), append(s.waste, s.wasteOf(b))
		}
	}
	for k := n - 1; k >= len(s.fresh); k-- {
		last := len(s.bins) - 1
		s.bins[k], s.waste[k] = s.bins[last], s.waste[last]
		s.bins, s.waste = s.bins[:last], s.waste[:last]
	}
}

// itemCount is the number of items to pack.
func (m *model) itemCount() int {
	n := 0
	for i := range m.Items {
		n += m.Items[i].Count
	}
	return n
}
