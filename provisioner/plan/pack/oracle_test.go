package pack_test

import (
	"fmt"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/pack"
)

// oracle finds the true lowest cost of small problems by trying every way to fill every machine.
type oracle struct {
	p     *pack.Problem
	radix []int    // a set of items is a number with one digit for each kind
	holds [][]bool // for set x machine whether the machine holds the set
	known map[state]int64
}

// state is what is to be held with what is left of the budgets, of which there are at most two.
type state struct {
	set  int
	left [2]int64
}

func newOracle(p *pack.Problem) *oracle {
	o := &oracle{p: p, known: map[state]int64{}}
	sets := 1
	for i := range p.Items {
		o.radix = append(o.radix, p.Items[i].Count+1)
		sets *= p.Items[i].Count + 1
	}
	for set := range sets {
		holds := make([]bool, len(p.Machines))
		for j := range holds {
			holds[j] = checkLoads(p, pack.Purchase{Machine: j, Times: 1, Loads: o.loads(set)}) == nil
		}
		o.holds = append(o.holds, holds)
	}
	return o
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

// cheapest is the lowest cost of machines within the budgets that hold the counts, or -1.
func (o *oracle) cheapest(counts []int) int64 {
	goal := state{}
	copy(goal.left[:], o.p.Budgets)
	for i := len(counts) - 1; i >= 0; i-- {
		goal.set = goal.set*o.radix[i] + counts[i]
	}
	return o.best(goal)
}

func (o *oracle) best(s state) int64 {
	if s.set == 0 {
		return 0
	}
	if cost, ok := o.known[s]; ok {
		return cost
	}
	best := int64(-1)
	for part := 1; part <= s.set; part++ {
		if !o.within(part, s.set) {
			continue
		}
		for j, ok := range o.holds[part] {
			rest := state{s.set - part, s.left}
			if !ok || !o.spend(&rest.left, j) {
				continue
			}
			if cost := o.best(rest); cost >= 0 && (best < 0 || cost+o.p.Machines[j].Cost < best) {
				best = cost + o.p.Machines[j].Cost
			}
		}
	}
	o.known[s] = best
	return best
}

// spend takes what a machine takes, and tells whether there was so much.
func (o *oracle) spend(left *[2]int64, machine int) bool {
	for _, t := range o.p.Machines[machine].Takes {
		if left[t.Budget] -= t.Amount; left[t.Budget] < 0 {
			return false
		}
	}
	return true
}

// bestOf is the fewest items that must be left, and the lowest cost of those packings that leave so few.
func (o *oracle) bestOf(p *pack.Problem) (left int, cost int64) {
	left = -1
	for set := range o.holds {
		counts, missing := make([]int, len(p.Items)), 0
		for i, r := 0, set; i < len(counts); i++ {
			counts[i] = r % o.radix[i]
			r /= o.radix[i]
			missing += p.Items[i].Count - counts[i]
		}
		if left >= 0 && missing > left {
			continue
		}
		if c := o.cheapest(counts); c >= 0 && (left < 0 || missing < left || c < cost) {
			left, cost = missing, c
		}
	}
	return left, cost
}

func TestTinyProblemsAreSolvedAndProved(t *testing.T) {
	limited := 0
	for seed := range uint64(2500) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			p := randomProblem(seed, tiny)
			s, _ := solve(t, p)
			left, least := newOracle(p).bestOf(p)
			got := 0
			for _, n := range s.Left {
				got += n
			}
			if got != left || cost(p, &s) != least {
				t.Fatalf("got cost %d with %d left, want %d with %d", cost(p, &s), got, least, left)
			}
			if s.Bound < float64(least)*(1-1e-6)-1 {
				t.Fatalf("got bound %v, want the cost %d", s.Bound, least)
			}
			if left > 0 && least > 0 {
				limited++
			}
		})
	}
	if limited < 100 {
		t.Errorf("in %d problems some items are left and some are not, want at least 100", limited)
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
