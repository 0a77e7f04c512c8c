package lifecycle_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// crash is the end of the process at its n-th external write, before the write took effect or after it did.
type crash struct {
	at    int
	after bool
}

func (c crash) String() string {
	if c.after {
		return fmt.Sprintf("after write %d", c.at)
	}
	return fmt.Sprintf("before write %d", c.at)
}

// TestEveryCrashEndsWell runs the whole life of a machine, from the intent to its proven end, and again for each external write
// with the process dying just before and just after that write. Whatever the point: there is never more than one machine, it is
// asked for at most once, and at the end nothing is left.
func TestEveryCrashEndsWell(t *testing.T) {
	writes := liveAndDie(t)
	intent, create := slices.Index(writes, "patch status VPSieNode")+1, slices.Index(writes, "cloud create")+1
	if intent == 0 || create < intent {
		t.Fatalf("the intent is not recorded before the machine is asked for: %v", writes)
	}
	points := 0
	for at := 1; at <= len(writes); at++ {
		for _, after := range []bool{false, true} {
			point := crash{at: at, after: after}
			points++
			t.Run(fmt.Sprintf("%v, %s", point, writes[at-1]), func(t *testing.T) {
				// Between the record of the intent and the call, nobody can tell whether the machine was asked for: it is given
				// up, and the next plan buys another.
				unknown := point == crash{intent, true} || at > intent && at < create || point == crash{create, false}
				synctest.Test(t, func(t *testing.T) { checkCrash(t, point, unknown) })
			})
		}
	}
	t.Logf("%d external writes, %d crash points: %v", len(writes), points, writes)
}

func liveAndDie(t *testing.T) (writes []string) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, build.VPSieNode(nodeName, "web").Obj())
		live(t, w)
		writes = w.writes
		if len(w.creates()) != 1 {
			t.Errorf("%d create calls, want 1", len(w.creates()))
		}
		w.wantGone()
	})
	return writes
}

func checkCrash(t *testing.T, point crash, unknown bool) {
	w := newWorld(t, build.VPSieNode(nodeName, "web").Obj())
	count, dead := 0, false
	w.intercept = func(_ string, act func() error) error {
		if dead {
			return errPowerCut
		}
		count++
		dead = count == point.at
		if dead && !point.after {
			return errPowerCut
		}
		err := act()
		if dead {
			return errPowerCut
		}
		return err
	}
	w.onDeath = func() bool {
		if dead {
			w.intercept, dead = nil, false
			w.restart()
			return true
		}
		return false
	}
	live(t, w)
	if count < point.at {
		t.Errorf("the process made only %d writes and never died", count)
	}
	want := 1
	if unknown {
		want = 0
	}
	if got := len(w.creates()); got != want {
		t.Errorf("%d create calls, want %d", got, want)
	}
	w.wantGone()
}

// live takes a VPSieNode from the intent to its end: it becomes a node, a pod comes to run there, it is deleted.
func live(t *testing.T, w *world) {
	t.Helper()
	w.runUntil(v1alpha1.PhaseReady, "Gone")
	if w.phase() == "Gone" {
		return
	}
	w.runFor(2 * bootTime)
	if err := w.api.Create(t.Context(), build.Pod("app").On(nodeName).Obj()); err != nil {
		t.Fatal(err)
	}
	w.delete()
	w.runUntil("Gone")
	w.runFor(2 * bootTime)
}
