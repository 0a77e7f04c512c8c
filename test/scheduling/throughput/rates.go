package throughput

import (
	"time"

	"github.com/vpsie/vpsie-autoscaler/test/diary"
	"github.com/vpsie/vpsie-autoscaler/test/tables"
)

// Arm is how fast the scheduler was with one kind of extender.
type Arm struct {
	Name string
	// Rates are the pods placed a second, by round.
	Rates []float64
}

// Median is the rate of the middle round.
func (a Arm) Median() float64 { return tables.Quantile(a.Rates, 50) }

// Kept is the part of another arm's rate that this one has: the median over the rounds, each compared with its neighbour.
func (a Arm) Kept(of Arm) float64 {
	ratios := make([]float64, 0, len(a.Rates))
	for i, rate := range a.Rates {
		ratios = append(ratios, rate/of.Rates[i])
	}
	return tables.Quantile(ratios, 50)
}

// Added is the time that each pod takes longer than in another arm, in the median.
func (a Arm) Added(to Arm) time.Duration {
	return time.Duration(float64(time.Second) * (1/a.Median() - 1/to.Median()))
}

// Rate is how many pods were bound in a second, between the first and the last.
func Rate(pods []diary.Entry) float64 {
	var first, last time.Time
	for _, pod := range pods {
		if first.IsZero() || pod.Bound.Before(first) {
			first = pod.Bound
		}
		if pod.Bound.After(last) {
			last = pod.Bound
		}
	}
	return float64(len(pods)-1) / last.Sub(first).Seconds()
}
