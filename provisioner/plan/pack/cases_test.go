package pack_test

import (
	"testing"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/pack"
)

func everywhere(machines int) []bool {
	fits := make([]bool, machines)
	for j := range fits {
		fits[j] = true
	}
	return fits
}

func kind(count int, size ...int64) pack.Item { return pack.Item{Size: size, Count: count} }

func machineFor(cost int64, free ...int64) pack.Machine { return pack.Machine{Cost: cost, Free: free} }

// problem is one where every item may be on every machine.
func problem(machines []pack.Machine, items ...pack.Item) *pack.Problem {
	for i := range items {
		items[i].Fits = everywhere(len(machines))
	}
	return &pack.Problem{Machines: machines, Items: items}
}

func TestSolve(t *testing.T) {
	capped, exclusive := kind(5, 1), [2]pack.Item{kind(3, 1), kind(3, 1)}
	capped.PerMachine = 2
	exclusive[0].Excludes, exclusive[1].Excludes = []int{1}, []int{0}
	limited := problem([]pack.Machine{machineFor(1, 1), machineFor(9, 4)}, kind(9, 1))
	limited.Budgets = []int64{3}
	for j := range limited.Machines {
		limited.Machines[j].Takes = []pack.Take{{Budget: 0, Amount: 1}}
	}
	nowhere := problem([]pack.Machine{machineFor(1, 9)}, kind(2, 1))
	nowhere.Items[0].Fits[0] = false
	broke := problem([]pack.Machine{machineFor(1, 9)}, kind(2, 1))
	broke.Machines[0].Takes, broke.Budgets = []pack.Take{{Budget: 0, Amount: 1}}, []int64{0}
	for _, test := range []struct {
		name       string
		p          *pack.Problem
		cost       int64
		left       int
		boundShare float64 // of the cost, at least
	}{
		{"nothing at all", &pack.Problem{}, 0, 0, 1},
		{"no machines", problem(nil, kind(2, 1)), 0, 2, 1},
		{"no items", problem([]pack.Machine{machineFor(1, 1)}), 0, 0, 1},
		{"items that are none", problem([]pack.Machine{machineFor(1, 1)}, kind(0, 1)), 0, 0, 1},
		{"items that take nothing", problem([]pack.Machine{machineFor(7, 1)}, kind(100, 0)), 7, 0, 1},
		{"a machine without room for items that take nothing", problem([]pack.Machine{machineFor(7, 0)}, kind(3, 0)), 7, 0, 1},
		{"too large", problem([]pack.Machine{machineFor(1, 4, 4)}, kind(3, 5, 1)), 0, 3, 1},
		{"machines for nothing", problem([]pack.Machine{machineFor(0, 2), machineFor(5, 100)}, kind(3, 1)), 0, 0, 1},
		{"nowhere allowed", nowhere, 0, 2, 1},
		{"nothing to spend", broke, 0, 2, 1},
		{"whole items on whole machines", problem([]pack.Machine{machineFor(3, 7), machineFor(10, 20)}, kind(7, 3)), 11 + 1, 0, 1},
		{"at most two a machine", problem([]pack.Machine{machineFor(4, 2), machineFor(5, 100)}, capped), 12, 0, 1},
		{"kinds that exclude each other", problem([]pack.Machine{machineFor(4, 10)}, exclusive[0], exclusive[1]), 8, 0, 0.9},
		{"a budget that only large machines stay within", limited, 1 + 9 + 9, 0, 0},
		{"enormous amounts", problem([]pack.Machine{machineFor(1<<50, 1<<60, 1<<60)}, kind(4, 1<<59, 1<<58)), 2 << 50, 0, 1},
		{"five dimensions", problem([]pack.Machine{machineFor(2, 9, 9, 9, 9, 3)}, kind(6, 1, 1, 1, 1, 1)), 4, 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, bound := solve(t, test.p)
			left := 0
			for _, n := range s.Left {
				left += n
			}
			if got := cost(test.p, &s); got != test.cost || left != test.left {
				t.Errorf("got cost %d with %d left, want %d with %d: %+v", got, left, test.cost, test.left, s.Bought)
			}
			if bound < (test.boundShare-1e-6)*float64(test.cost)-1 {
				t.Errorf("got bound %v, want at least %v of %d", bound, test.boundShare, test.cost)
			}
		})
	}
}

func TestForcedMachinesAreFilledByWhatIsLeft(t *testing.T) {
	// A hundred small items that may not meet need a hundred machines; the others must go there and not on machines of their own.
	lone, other := kind(100, 1000, 1), kind(200, 1000, 4)
	lone.PerMachine = 1
	p := problem([]pack.Machine{machineFor(10, 1000, 2), machineFor(30, 4000, 16), machineFor(50, 8000, 32)}, lone, other)
	s, bound := solve(t, p)
	if got := cost(p, &s); got > 2150 || bound < 2140 {
		t.Errorf("got cost %d and bound %v, want at most 2150 and a bound close to it", got, bound)
	}
}

func TestBudgetsSteerTheChoice(t *testing.T) {
	// Without the budget ten machines of the smallest size would do, for 100.
	p := problem([]pack.Machine{machineFor(10, 10), machineFor(35, 30), machineFor(100, 60)}, kind(20, 5))
	for j := range p.Machines {
		p.Machines[j].Takes = []pack.Take{{Budget: 0, Amount: 1}}
	}
	p.Budgets = []int64{6}
	s, bound := solve(t, p)
	if got := cost(p, &s); got > 115 || bound < 109 {
		t.Errorf("got cost %d and bound %v, want 110, or nearly so, and a bound close to it", got, bound)
	}
}

func TestEqualMachinesAreOnePurchase(t *testing.T) {
	s, _ := solve(t, problem([]pack.Machine{machineFor(4, 10)}, kind(40, 2)))
	if len(s.Bought) != 1 || s.Bought[0].Times != 8 || s.Bought[0].Loads[0].Count != 5 {
		t.Errorf("got %+v, want eight machines with five items in one purchase", s.Bought)
	}
}
