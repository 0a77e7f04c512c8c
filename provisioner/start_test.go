package provisioner_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// planned starts a provisioner, lets the test act, and returns when plans were made, counted from the start.
func planned(t *testing.T, act func(w *world)) (after []time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, build.NodeGroup("web").Obj())
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		began := time.Now()
		go func() { done <- w.provisioner.Start(ctx) }()
		synctest.Wait()
		act(w)
		stop()
		if err := <-done; err != nil {
			t.Errorf("Start: %v", err)
		}
		for _, at := range w.demand.asked {
			after = append(after, at.Sub(began))
		}
	})
	return after
}

func wantPlans(t *testing.T, got []time.Duration, want ...time.Duration) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plans made after (-want +got):\n%s", diff)
	}
}

func (w *world) signal() {
	select {
	case w.demand.changed <- struct{}{}:
	default:
	}
}

func TestPlanIsMadeAtTheStartAndWithoutAnySignal(t *testing.T) {
	wantPlans(t, planned(t, func(*world) { time.Sleep(2*time.Hour + time.Minute) }), 0, time.Hour, 2*time.Hour)
}

func TestPlanIsMadeWhenNoMorePodsCome(t *testing.T) {
	wantPlans(t, planned(t, func(w *world) {
		time.Sleep(time.Second)
		for range 3 { // at 1 s, 1.3 s and 1.6 s
			w.signal()
			time.Sleep(300 * time.Millisecond)
		}
		time.Sleep(time.Minute)
	}), 0, 1600*time.Millisecond+500*time.Millisecond)
}

func TestPlanIsMadeAtTheLatestAfterTheWholeWindow(t *testing.T) {
	wantPlans(t, planned(t, func(w *world) {
		time.Sleep(time.Second)
		for range 20 { // until 6.7 s, never idle
			w.signal()
			time.Sleep(300 * time.Millisecond)
		}
		time.Sleep(time.Minute)
	}), 0, 6*time.Second, 6700*time.Millisecond+500*time.Millisecond)
}

func TestPlanIsMadeWhenItIsAskedFor(t *testing.T) {
	wantPlans(t, planned(t, func(w *world) {
		time.Sleep(time.Second)
		w.provisioner.Trigger()
		w.provisioner.Trigger()
		time.Sleep(time.Minute)
	}), 0, 1500*time.Millisecond)
}

func TestStopDuringTheWindowMakesNoPlan(t *testing.T) {
	wantPlans(t, planned(t, func(w *world) {
		w.signal()
		time.Sleep(100 * time.Millisecond)
	}), 0)
}
