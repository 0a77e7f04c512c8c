package lifecycle_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

// crash is the end of the process at its n-th external write, before the write took effect or after it did.
type crash struct {
	at    int
	after bool
	// stale says that the next process first sees the VPSieNode as it was before its last change.
	stale bool
}

func (c crash) String() string {
	side, cache := "before", ""
	if c.after {
		side = "after"
	}
	if c.stale {
		cache = " with a stale cache"
	}
	return fmt.Sprintf("%s write %d%s", side, c.at, cache)
}

// flow is a life of a machine that runs to its end.
type flow struct {
	// given prepares the world; nil when there is nothing to prepare.
	given func(w *world)
	run   func(t *testing.T, w *world)
	// creates is how often the machine is asked for.
	creates int
	// like says that the flow begins like ordinary, so that only what comes after needs crashes.
	like bool
}

// ordinary is the flow in which nothing goes wrong.
var ordinary = flow{run: live, creates: 1}

var flows = map[string]flow{
	"bought, used and deleted": ordinary,
	"adopted after the answer was lost": {
		given: func(w *world) { w.cloud.AcceptThenFail(fake.OpCreate, nil) }, run: live, creates: 1,
	},
	"not ready, given up": {run: func(t *testing.T, w *world) { fall(t, w, func() {}) }, creates: 1, like: true},
	"vanished, given up": {
		run: func(t *testing.T, w *world) { fall(t, w, func() { w.cloud.RemoveMachine(nodeName) }) }, creates: 1, like: true,
	},
	"sold out": {
		given:   func(w *world) { w.cloud.SetSoldOut(fake.DatacenterAmsterdam, fake.OfferingGeneral2, true) },
		run:     func(_ *testing.T, w *world) { w.runUntil("Gone") },
		creates: 1,
	},
}

// TestEveryCrashEndsWell runs the whole life of a machine, from the intent to its proven end, and again for each external write
// with the process dying just before and just after that write, and starting again with a cache that is up to date or shows the
// VPSieNode once more as it was before its last change. Whatever the point: there is never more than one machine, it is asked for at
// most once, and at the end nothing is left.
func TestEveryCrashEndsWell(t *testing.T) {
	total, plain := 0, undisturbed(t, ordinary)
	for name, f := range flows {
		t.Run(name, func(t *testing.T) {
			writes := undisturbed(t, f)
			intent, create := slices.Index(writes, "patch status VPSieNode")+1, slices.Index(writes, "cloud create")+1
			if intent == 0 || create < intent {
				t.Fatalf("the intent is not recorded before the machine is asked for: %v", writes)
			}
			points, first := 0, 1
			for f.like && writes[first-1] == plain[first-1] {
				first++
			}
			for at := first; at <= len(writes); at++ {
				for _, point := range []crash{{at: at}, {at: at, after: true}, {at: at, stale: true}, {at: at, after: true, stale: true}} {
					points++
					t.Run(fmt.Sprintf("%v, %s", point, writes[at-1]), func(t *testing.T) {
						// Between the record of the intent and the call, nobody can tell whether the machine was asked for: it is
						// given up, and the next plan buys another.
						unknown := at == intent && point.after || at > intent && at < create || at == create && !point.after
						synctest.Test(t, func(t *testing.T) { checkCrash(t, f, point, unknown) })
					})
				}
			}
			total += points
			t.Logf("%d external writes, %d crash points from number %d on: %v", len(writes), points, first, writes)
		})
	}
	t.Logf("%d crash points", total)
}

func begin(t *testing.T, f flow) *world {
	w := newWorld(t, build.VPSieNode(nodeName, "web").Obj())
	if f.given != nil {
		f.given(w)
	}
	return w
}

func undisturbed(t *testing.T, f flow) (writes []string) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, f)
		f.run(t, w)
		writes = w.writes
		if len(w.creates()) != f.creates {
			t.Errorf("%d create calls, want %d", len(w.creates()), f.creates)
		}
		w.wantGone()
	})
	return writes
}

func checkCrash(t *testing.T, f flow, point crash, unknown bool) {
	w := begin(t, f)
	count, dead := 0, false
	var before *v1alpha1.VPSieNode // as it was before its last change
	w.intercept = func(write string, act func() error) error {
		if dead {
			return errPowerCut
		}
		count++
		dead = count == point.at
		if dead && !point.after {
			return errPowerCut
		}
		if strings.HasSuffix(write, "VPSieNode") {
			before = w.object()
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
			if point.stale {
				w.outdated, w.once = before, true
			}
			w.restart()
			return true
		}
		return false
	}
	f.run(t, w)
	if count < point.at {
		t.Errorf("the process made only %d writes and never died", count)
	}
	want := f.creates
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

// fall takes a VPSieNode from the intent to a Node whose kubelet falls silent, and has it given up as the repair does.
func fall(t *testing.T, w *world, hit func()) {
	t.Helper()
	w.runUntil(v1alpha1.PhaseReady, "Gone")
	if w.phase() == "Gone" {
		return
	}
	w.runFor(2 * bootTime)
	hit()
	w.changeNode(unreachable)
	w.runFor(3 * time.Minute)
	w.delete()
	w.runUntil("Gone")
	w.runFor(2 * bootTime)
}
