package planners_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/test/bench/contest"
	"github.com/vpsie/vpsie-autoscaler/test/bench/planners"
	"github.com/vpsie/vpsie-autoscaler/test/bench/scenarios"
)

func TestBothPlannersPlaceAllPods(t *testing.T) {
	for _, name := range []string{"equal-500", "shapes-1000-steep"} {
		path := written(t, name)
		for _, planner := range []string{contest.VPSie, contest.Karpenter} {
			t.Run(name+" by "+planner, func(t *testing.T) {
				// when
				got, err := planners.Solve(planner, path, time.Hour)
				if err != nil {
					t.Fatal(err)
				}
				// then
				if got.Left > 0 || got.FaultCount > 0 || got.Unfinished {
					t.Errorf("got %+v, want all pods placed where they may be", got)
				}
				if got.Planner != planner || got.Nodes == 0 || got.HourlyPrice <= 0 || got.LowerBound > got.HourlyPrice || got.Allocs == 0 {
					t.Errorf("got %+v: it does not describe a plan", got)
				}
			})
		}
	}
}

// A peer that is stopped must not look good: its plan is judged for the pods it has placed, and the others count as left.
func TestAPeerThatIsStopped(t *testing.T) {
	got, err := planners.Solve(contest.Karpenter, written(t, "shapes-1000-steep"), time.Nanosecond)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Unfinished || got.Left == 0 || got.FaultCount > 0 {
		t.Errorf("got %+v, want an unfinished plan without faults and with pods left", got)
	}
}

func TestWhatCannotBeSolved(t *testing.T) {
	for _, planner := range []string{contest.VPSie, contest.Karpenter, "nobody"} {
		if _, err := planners.Solve(planner, filepath.Join(t.TempDir(), "missing.json"), time.Second); err == nil {
			t.Errorf("%s: got no error for a file that does not exist", planner)
		}
	}
}

// written makes a standard scenario's file.
func written(t *testing.T, name string) string {
	t.Helper()
	for _, standard := range scenarios.All() {
		if standard.Name == name {
			path := filepath.Join(t.TempDir(), name+".json")
			if err := standard.Make().Write(path); err != nil {
				t.Fatal(err)
			}
			return path
		}
	}
	t.Fatalf("there is no scenario %s", name)
	return ""
}
