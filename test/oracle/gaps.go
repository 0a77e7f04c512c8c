package oracle

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Gap compares the planner with the optimum of one instance.
type Gap struct {
	Seed    uint64
	Pods    int
	Left    int // pods for which the planner found no place
	Price   money.PerHour
	Bound   money.PerHour
	Optimum money.PerHour
}

// Fault says what is wrong with the planner's answer, if anything is: each instance has room for all pods, no plan is cheaper than
// the optimum, and no bound is above it.
func (g Gap) Fault() error {
	switch {
	case g.Left > 0:
		return fmt.Errorf("seed %d: %d of %d pods are left", g.Seed, g.Left, g.Pods)
	case g.Price < g.Optimum:
		return fmt.Errorf("seed %d: the plan costs %s, less than the optimum %s", g.Seed, g.Price, g.Optimum)
	case g.Bound > g.Optimum:
		return fmt.Errorf("seed %d: the lower bound %s is above the optimum %s", g.Seed, g.Bound, g.Optimum)
	default:
		return nil
	}
}

// Compare plans an instance and finds its optimum. Errors are those of Optimum.
func Compare(ctx context.Context, seed uint64) (Gap, error) {
	instance := Draw(seed)
	optimum, err := instance.Optimum(ctx)
	if err != nil {
		return Gap{}, fmt.Errorf("instance %d: %w", seed, err)
	}
	snapshot := instance.Snapshot()
	made := plan.Make(snapshot)
	return Gap{
		Seed: seed, Pods: len(snapshot.Pods), Left: len(made.Left), Price: made.Price, Bound: made.LowerBound, Optimum: optimum,
	}, nil
}

// CompareMany compares the instances of the seeds 1 to count. Those that are too hard are left out and counted.
func CompareMany(ctx context.Context, count int) (gaps []Gap, tooHard int, err error) {
	for seed := uint64(1); seed <= uint64(count); seed++ {
		gap, err := Compare(ctx, seed)
		switch {
		case errors.Is(err, ErrTooHard):
			tooHard++
		case err != nil:
			return nil, 0, err
		default:
			gaps = append(gaps, gap)
		}
	}
	return gaps, tooHard, nil
}

// Distribution are the quantiles of a ratio.
type Distribution struct{ Min, Median, P90, Max float64 }

// Distribute returns the quantiles of a ratio over all gaps; all are zero without gaps.
func Distribute(gaps []Gap, ratio func(Gap) float64) Distribution {
	if len(gaps) == 0 {
		return Distribution{}
	}
	var ratios []float64
	for _, g := range gaps {
		ratios = append(ratios, ratio(g))
	}
	slices.Sort(ratios)
	at := func(share float64) float64 { return ratios[int(share*float64(len(ratios)-1)+0.5)] }
	return Distribution{Min: at(0), Median: at(0.5), P90: at(0.9), Max: at(1)}
}

// OfPrice is the plan's price in terms of the optimum.
func OfPrice(g Gap) float64 { return float64(g.Price) / float64(g.Optimum) }

// OfBound is the proved bound in terms of the optimum.
func OfBound(g Gap) float64 { return float64(g.Bound) / float64(g.Optimum) }
