package contest

import (
	"errors"
	"testing"
	"time"
)

var sink [][]byte

func TestMeasureCountsWhatARunAllocates(t *testing.T) {
	// given
	calls := 0
	solve := func() error {
		calls++
		sink = nil
		for range 1000 {
			sink = append(sink, make([]byte, 1024))
		}
		return nil
	}
	// when
	got, err := Measure(solve)
	// then
	if err != nil {
		t.Fatal(err)
	}
	if got.Runs != calls || calls < 1 || calls > maxRuns {
		t.Errorf("got %d runs of %d calls, want the same number from 1 to %d", got.Runs, calls, maxRuns)
	}
	if got.Allocs < 1000 || got.Allocs > 2000 || got.Bytes < 1000*1024 || got.Wall <= 0 {
		t.Errorf("got %+v for a thousand allocations of a KiB", got)
	}
}

func TestMeasureEndsWithAnError(t *testing.T) {
	wrong := errors.New("wrong")
	if _, err := Measure(func() error { return wrong }); !errors.Is(err, wrong) {
		t.Errorf("got %v, want %v", err, wrong)
	}
}

func TestMedian(t *testing.T) {
	tests := map[string]struct {
		values []time.Duration
		want   time.Duration
	}{
		"one": {[]time.Duration{7}, 7},
		"odd": {[]time.Duration{9, 1, 5}, 5},
		"even takes the upper, which is never below what was measured": {[]time.Duration{4, 1}, 4},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := median(test.values); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestFaultsAreQuotedUpToALimit(t *testing.T) {
	o := &Outcome{}
	o.Blame(make([]string, MaxFaults+3))
	if len(o.Faults) != MaxFaults || o.FaultCount != MaxFaults+3 {
		t.Errorf("got %d quoted of %d, want %d of %d", len(o.Faults), o.FaultCount, MaxFaults, MaxFaults+3)
	}
}
