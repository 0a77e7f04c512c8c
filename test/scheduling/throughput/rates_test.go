package throughput_test

import (
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/test/diary"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/throughput"
)

// A slow round slows both arms, and is no reason to call one of them slow.
func TestWhatIsKeptIsComparedRoundByRound(t *testing.T) {
	none := throughput.Arm{Rates: []float64{400, 100, 600}}
	ours := throughput.Arm{Rates: []float64{200, 60, 420}}
	if got := ours.Kept(none); got != 0.6 {
		t.Errorf("kept %v, want the middle of 0.5, 0.6 and 0.7", got)
	}
	if got := ours.Added(none); got != time.Second/200-time.Second/400 {
		t.Errorf("added %v, want 2.5 ms", got)
	}
}

func TestRateCountsFromTheFirstToTheLast(t *testing.T) {
	start := time.Now()
	var pods []diary.Entry
	for _, after := range []time.Duration{2 * time.Second, 0, time.Second} {
		pods = append(pods, diary.Entry{Bound: start.Add(after)})
	}
	if got := throughput.Rate(pods); got != 1 {
		t.Errorf("got %v pods/s for three pods, each a second after the other, want 1", got)
	}
}
