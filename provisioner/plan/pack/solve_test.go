package pack_test

import (
	"reflect"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/pack"
)

// solve solves a problem twice and checks what must hold for every solution.
func solve(t *testing.T, p *pack.Problem) (pack.Solution, float64) {
	t.Helper()
	s := pack.Solve(p)
	if err := check(p, &s); err != nil {
		t.Fatal(err)
	}
	if again := pack.Solve(p); !reflect.DeepEqual(s, again) {
		t.Fatalf("the same problem gives two solutions:\n%+v\n%+v", s, again)
	}
	counts := make([]int, len(p.Items))
	for i := range counts {
		counts[i] = p.Items[i].Count - s.Left[i]
	}
	bound := pack.LowerBound(p, counts)
	if bound < 0 || bound > float64(cost(p, &s)) {
		t.Fatalf("the bound %v is above the cost %d", bound, cost(p, &s))
	}
	return s, bound
}

func TestSolutionsOfRandomProblems(t *testing.T) {
	for seed := range uint64(3000) {
		p := randomProblem(seed, small)
		before := randomProblem(seed, small)
		solve(t, p)
		if !reflect.DeepEqual(p, before) {
			t.Fatal("the problem was changed")
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func FuzzSolve(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		solve(t, randomProblem(seed, tiny))
		solve(t, randomProblem(seed, small))
	})
}
