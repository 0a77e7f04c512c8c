package pack_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/pack"
)

// oracle finds the true lowest cost of small problems by trying every way to fill every machine.
type oracle struct {
	p     *pack.Problem
	radix []int // a set of items is a number with one digit for each kind
	sets  int
	least []int64 // cost of the cheapest single machine that holds a set, or -1
}

func newOracle(p *pack.Problem) *oracle {
	o := &oracle{p: p, sets: 1}
	for i := range p.Items {
		o.radix = append(o.radix, p.Items[i].Count+1)
		o.sets *= p.Items[i].Count + 1
	}
	o.least = make([]int64, o.sets)
	for set := range o.sets {
		o.least[set] = -1
		for j := range p.Machines {
			if o.affordable(j) && checkLoads(p, pack.Purchase{Machine: j, Times: 1, Loads: o.loads(set)}) == nil {
				o.least[set] = p.Machines[j].Cost // the cheapest first
				break
			}
		}
	}
	return o
}

func (o *oracle) affordable(machine int) bool {
	for _, t := range o.p.Machines[machine].Takes {
		if t.Amount > o.p.Budgets[t.Budget] {
			return false
		}
	}
	return true
}

func (o *oracle) loads(set int) []pack.Load {
	var loads []pack.Load
	for i, r := range o.radix {
		if n := set % r; n > 0 {
			loads = append(loads, pack.Load{Item: i, Count: n})
		}
		set /= r
	}
	return loads
}

// within tells whether a set is part of another.
func (o *oracle) within(part, whole int) bool {
	for _, r := range o.radix {
		if part%r > whole%r {
			return false
		}
		part, whole = part/r, whole/r
	}
	return true
}

// cheapest is the lowest cost of machines that hold the counts when each budget suffices for any number of the machines of which it
// suffices for one; or -1.
func (o *oracle) cheapest(counts []int) int64 {
	goal := 0
	for i := len(counts) - 1; i >= 0; i-- {
		goal = goal*o.radix[i] + counts[i]
	}
	best := make([]int64, goal+1)
	for set := 1; set <= goal; set++ {
		best[set] = -1
		if !o.within(set, goal) {
			continue
		}
		for part := 1; part <= set; part++ {
			if o.least[part] < 0 || !o.within(part, set) || best[set-part] < 0 {
				continue
			}
			if cost := o.least[part] + best[set-part]; best[set] < 0 || cost < best[set] {
				best[set] = cost
			}
		}
	}
	return best[goal]
}

func TestSolutionsAgainstTheTrueOptimum(t *testing.T) {
	judged, optimal, tight, worst := 0, 0, 0, 1.0
	for seed := range uint64(1500) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			p := randomProblem(seed, tiny)
			s, bound := solve(t, p)
			truth := newOracle(p).cheapest(placed(p, &s))
			if truth < 0 || float64(truth) < bound || cost(p, &s) < truth {
				t.Fatalf("bound %v, truth %d, cost %d", bound, truth, cost(p, &s))
			}
			if len(p.Budgets) > 0 || truth == 0 {
				return
			}
			judged++
			if cost(p, &s) == truth {
				optimal++
			}
			if bound > 0.9*float64(truth) {
				tight++
			}
			worst = math.Max(worst, float64(cost(p, &s))/float64(truth))
		})
	}
	t.Logf("of %d problems %d are solved at the lowest cost and the worst costs %.3f of it; %d bounds are within a tenth of the truth",
		judged, optimal, worst, tight)
	if judged < 250 || optimal < judged*97/100 || tight < judged*6/10 {
		t.Errorf("got %d of %d optimal and %d bounds tight, want at least 97 per cent and 60 per cent of at least 250", optimal, judged, tight)
	}
}

// placed counts the items of each kind that found a place.
func placed(p *pack.Problem, s *pack.Solution) []int {
	counts := make([]int, len(p.Items))
	for i := range counts {
		counts[i] = p.Items[i].Count - s.Left[i]
	}
	return counts
}
