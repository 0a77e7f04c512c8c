package pack_test

import (
	"testing"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/pack"
)

func TestSmallProblemsAreMostlyProved(t *testing.T) {
	for _, w := range []struct {
		name   string
		proved int // of 40
		draw   func(seed uint64) *pack.Problem
	}{
		{"every feature, up to 12 kinds", 36, func(seed uint64) *pack.Problem { return randomProblem(seed, small) }},
		{"10 items of 4 kinds", 40, func(seed uint64) *pack.Problem {
			return generate(workload{seed: seed, items: 10, kinds: 4, zoned: true})
		}},
		{"20 items of 6 kinds", 37, func(seed uint64) *pack.Problem {
			return generate(workload{seed: seed, items: 20, kinds: 6, zoned: true})
		}},
		{"30 items of 6 kinds that spread", 30, func(seed uint64) *pack.Problem {
			return generate(workload{seed: seed, items: 30, kinds: 6, cliques: 2})
		}},
		{"20 items on few machines", 36, func(seed uint64) *pack.Problem {
			return generate(workload{seed: seed, items: 20, kinds: 5, machines: 2})
		}},
	} {
		t.Run(w.name, func(t *testing.T) {
			proved := 0
			for seed := range uint64(40) {
				p := w.draw(seed)
				s, _ := solve(t, p)
				if s.Bound >= float64(cost(p, &s))*(1-1e-6)-1 {
					proved++
				}
			}
			t.Logf("%d of 40 are proved", proved)
			if proved < w.proved {
				t.Errorf("%d of 40 are proved, want at least %d", proved, w.proved)
			}
		})
	}
}

func TestHarderItemsTakeTheScarceMachines(t *testing.T) {
	// The greedy choice fills the cheap machine with many small items; the large ones would then need a machine each.
	for _, test := range []struct {
		name string
		p    *pack.Problem
		cost int64
	}{
		{"pairs that fill a machine",
			problem([]pack.Machine{machineFor(10, 10)}, kind(2, 7), kind(2, 6), kind(2, 4), kind(2, 3)), 40},
		{"one large machine beside small ones",
			problem([]pack.Machine{machineFor(5, 4), machineFor(12, 12)}, kind(3, 4), kind(2, 3), kind(2, 1)), 5 + 12 + 5},
		{"triples", problem([]pack.Machine{machineFor(7, 100)}, kind(3, 51), kind(3, 27), kind(3, 22)), 21},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, bound := solve(t, test.p)
			if got := cost(test.p, &s); got != test.cost || bound < float64(test.cost)*(1-1e-6)-1 {
				t.Errorf("got cost %d and bound %v, want %d for both: %+v", got, bound, test.cost, s.Bought)
			}
		})
	}
}

func TestBudgetsAreSharedByTheFewestLeft(t *testing.T) {
	// Two budgets, and machines that take from both: three small items or one large one can be helped, never all.
	small, large := kind(3, 2), kind(1, 6)
	p := problem([]pack.Machine{machineFor(3, 2), machineFor(4, 6)}, small, large)
	p.Machines[0].Takes = []pack.Take{{Budget: 0, Amount: 1}, {Budget: 1, Amount: 2}}
	p.Machines[1].Takes = []pack.Take{{Budget: 0, Amount: 1}, {Budget: 1, Amount: 6}}
	p.Budgets = []int64{3, 6}
	s, bound := solve(t, p)
	if s.Left[0] != 0 || s.Left[1] != 1 || cost(p, &s) != 4 || bound != 4 {
		t.Errorf("got cost %d, bound %v and %v left, want the small items on the large machine for 4", cost(p, &s), bound, s.Left)
	}
}
