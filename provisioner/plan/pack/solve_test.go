package pack_test

import (
	"fmt"
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
	bound := pack.LowerBound(p, placed(p, &s))
	if bound < 0 || max(bound, s.Bound) > float64(cost(p, &s)) {
		t.Fatalf("a bound of %v and %v is above the cost %d", bound, s.Bound, cost(p, &s))
	}
	return s, max(bound, s.Bound)
}

func TestSolutionsOfRandomProblems(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			p := randomProblem(seed, small)
			solve(t, p)
			if !reflect.DeepEqual(p, randomProblem(seed, small)) {
				t.Fatal("the problem was changed")
			}
		})
	}
}

func FuzzSolve(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		solve(t, randomProblem(seed, tiny))
		solve(t, randomProblem(seed, small))
	})
}
