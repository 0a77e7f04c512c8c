package pack

import (
	"cmp"
	"fmt"
	"os"
	"slices"
)

// bin is one bought machine during the local search.
type bin struct {
	machine int
	loads   []Load
}

// improver is the local search: again and again it empties a few machines and packs their items anew in another way, and keeps what
// costs no more. The choice is drawn from a generator of its own with a fixed start, so that the search is the same every time.
type improver struct {
	m      *model
	bins   []bin
	budget budget
	worth  []float64
	prices []float64 // of one unit of each resource
	ranked []int
	fill   *filler
	left   []int // items of the emptied machines
	kinds  []int // that have such items
	noisy  []float64
	fresh  []bin
	random uint64
	work   int
	hits   int
	gain bool
	iters  int
}

func newImprover(m *model, k *packing, market []int, worth, prices []float64) *improver {
	s := &improver{m: m, budget: slices.Clone(k.budget), worth: worth, prices: prices, fill: newFiller(m), left: make([]int, len(m.Items)),
		noisy: make([]float64, len(prices)), random: 1}
	for _, b := range k.bought {
		for range b.Times {
			s.bins = append(s.bins, bin{b.Machine, b.Loads})
		}
	}
	s.ranked = slices.Clone(market)
	slices.SortStableFunc(s.ranked, func(a, b int) int {
		return cmp.Compare(m.cost[a]*max(leastWorth, m.content(b, prices)), m.cost[b]*max(leastWorth, m.content(a, prices)))
	})
	return s
}

func (s *improver) next(n int) int {
	s.random = s.random*6364136223846793005 + 1442695040888963407
	return int((s.random >> 33) % uint64(n))
}

// waste is what a bin costs beyond the worth of its items.
func (s *improver) waste(b *bin) float64 {
	w := s.m.cost[b.machine]
	for _, l := range b.loads {
		w -= s.worth[l.Item] * float64(l.Count)
	}
	return w
}

var Debug = false
var ImproveWork = 20_000_000
var Items = 80
var Rel = 3
var Skip = 0
var Tourn = 5
var Idle = 30
var Tries = 8
var Noise = 30

func (s *improver) run() {
	if len(s.bins) == 0 {
		return
	}
	wastes := make([]float64, len(s.bins))
	for i := range s.bins {
		wastes[i] = s.waste(&s.bins[i])
	}
	idle := 0
	for s.fill.work+20*s.iters < ImproveWork && idle < 200+Idle*len(s.bins) {
		s.iters++
		idle++
		target := Items/4 + s.next(Items)
		n, items := 0, 0
		for n < len(s.bins) && (n < 2 || items < target) {
			k := n
			at := k + s.next(len(s.bins)-k)
			if k == 0 {
				for range Tourn {
					if o := s.next(len(s.bins)); wastes[o] > wastes[at] {
						at = o
					}
				}
			} else {
				for range Rel {
					if s.related(&s.bins[0], &s.bins[at]) {
						break
					}
					at = k + s.next(len(s.bins)-k)
				}
			}
			s.bins[k], s.bins[at] = s.bins[at], s.bins[k]
			wastes[k], wastes[at] = wastes[at], wastes[k]
			for _, l := range s.bins[k].loads {
				items += l.Count
			}
			n++
		}
		if !s.rebuild(n) {
			continue
		}
		s.hits++
		if s.gain {
			idle = 0
		}
		// fresh replaces the first n
		last := len(s.bins)
		if len(s.fresh) <= n {
			copy(s.bins, s.fresh)
			for k := len(s.fresh); k < n; k++ {
				last--
				s.bins[k], wastes[k] = s.bins[last], wastes[last]
			}
			s.bins, wastes = s.bins[:last], wastes[:last]
		} else {
			copy(s.bins, s.fresh[:n])
			for _, b := range s.fresh[n:] {
				s.bins = append(s.bins, b)
				wastes = append(wastes, 0)
			}
		}
		for k := range s.bins[:min(len(s.bins), n)] {
			wastes[k] = s.waste(&s.bins[k])
		}
		for k := last; k < len(s.bins); k++ {
			wastes[k] = s.waste(&s.bins[k])
		}
	}
}

func (s *improver) rebuild(n int) bool {
	s.kinds = s.kinds[:0]
	old := 0.0
	for k := range n {
		b := &s.bins[k]
		old += s.m.cost[b.machine]
		s.budget.spend(&s.m.Machines[b.machine], -1)
		for _, l := range b.loads {
			if s.left[l.Item] == 0 {
				s.kinds = append(s.kinds, l.Item)
			}
			s.left[l.Item] += l.Count
		}
	}
	slices.Sort(s.kinds)
	spare := old
	for _, i := range s.kinds {
		spare -= s.worth[i] * float64(s.left[i])
	}
	s.fill.work += 8 * len(s.kinds)
	for d, p := range s.prices {
		s.noisy[d] = p * float64(100-Noise+s.next(2*Noise+1)) / 100
	}
	s.fill.load(s.kinds, s.left, s.noisy, s.worth)
	s.fresh = s.fresh[:0]
	total := 0.0
	for total <= old {
		seed := -1
		for k, i := range s.kinds {
			if s.left[i] > 0 && (seed < 0 || s.worth[i] > s.worth[s.kinds[seed]]) {
				seed = k
			}
		}
		if seed < 0 {
			break
		}
		b, worth, ok := s.choose(seed, old-total)
		if spare -= s.m.cost[b.machine] - worth; !ok || spare < -1e-9*old {
			total = old + 1
			break
		}
		total += s.m.cost[b.machine]
		s.budget.spend(&s.m.Machines[b.machine], 1)
		for _, l := range b.loads {
			s.left[l.Item] -= l.Count
		}
		for k, i := range s.kinds {
			s.fill.limit[k] = min(s.left[i], s.m.most[i])
		}
		s.fresh = append(s.fresh, b)
	}
	for _, i := range s.kinds {
		s.left[i] = 0
	}
	if total <= old {
		s.gain = total < old
		return true
	}
	for _, b := range s.fresh {
		s.budget.spend(&s.m.Machines[b.machine], -1)
	}
	for k := range n {
		s.budget.spend(&s.m.Machines[s.bins[k].machine], 1)
	}
	return false
}

func (s *improver) choose(seed int, most float64) (bin, float64, bool) {
	tries := Tries
	var best bin
	score := 0.0
	for _, j := range s.ranked {
		if s.m.cost[j] > most || !s.m.able.row(s.kinds[seed])[j] || s.budget.most(&s.m.Machines[j]) == 0 {
			continue
		}
		if score > 0 && Skip > 0 && s.next(100) < Skip {
			continue
		}
		if tries--; tries < 0 {
			break
		}
		f := s.fill
		f.begin(j)
		for k, i := range s.kinds {
			if s.left[i] > 0 && s.m.able.row(i)[j] {
				f.open = append(f.open, k)
			}
		}
		f.work += len(s.kinds) / 2
		w := f.fill(seed)
		if w /= s.m.cost[j]; w > score {
			best, score = bin{j, f.loads()}, w
		}
	}
	return best, score * s.m.cost[best.machine], score > 0
}

func (m *model) improve(k *packing) {
	if len(k.bought) == 0 || ImproveWork == 0 {
		return
	}
	market := m.market
	counts := make([]int, len(m.Items))
	for i := range counts {
		counts[i] = max(0, m.Items[i].Count)
	}
	v := newGreedy(m, m.newPacking(), make([]bool, len(m.Machines)))
	v.drop()
	v.revalue()
	s := newImprover(m, k, market, v.worth, v.prices)
	s.run()
	if Debug {
		fmt.Fprintf(os.Stderr, "iters %d hits %d\n", s.iters, s.hits)
	}
	k.bought = k.bought[:0:0]
	for _, b := range s.bins {
		k.bought = append(k.bought, Purchase{Machine: b.machine, Times: 1, Loads: b.loads})
	}
	k.budget = s.budget
	m.downsize(k)
}

func (s *improver) related(a, b *bin) bool {
	return s.m.able.row(a.loads[0].Item)[b.machine] || s.m.able.row(b.loads[0].Item)[a.machine]
}
