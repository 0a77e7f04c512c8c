package managed_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

var errPowerCut = errors.New("power cut")

// caller is who orders a worker and has it deleted, and what it does about an order whose answer it did not live to see.
type caller struct {
	name   string
	repeat bool     // orders again under the same name; otherwise it waits for the worker, as the controller does
	full   bool     // the account is at its limit when the worker is first asked for
	writes []string // those from the order to the deletion
}

var callers = []caller{
	{name: "waiting caller", writes: []string{"add group", "save ledger", "add worker", "save ledger", "save ledger", "delete worker"}},
	{name: "repeating caller", repeat: true, writes: []string{"add group", "save ledger", "add worker", "save ledger", "save ledger", "delete worker"}},
	{name: "caller refused at first", full: true, writes: []string{
		"add group", "save ledger", "add worker", "save ledger", "save ledger", "add worker", "save ledger", "save ledger", "delete worker",
	}},
}

// TestEveryCrashEndsWell runs the life of a worker, from the order to its proven end, and again for each write to the ledger and
// to VPSie with the process dying just before and just after it. Whatever the point: at most one worker is asked for, none is
// doubled, and at the end none is left.
func TestEveryCrashEndsWell(t *testing.T) {
	points := 0
	for _, who := range callers {
		var writes []string
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.pass = func(write string, act func() error) error { writes = append(writes, write); return act() }
			w.live(who)
			w.wantNothingLeft()
		})
		if len(writes) < len(who.writes) || !slices.Equal(writes[:len(who.writes)], who.writes) {
			t.Fatalf("writes %v, want them to begin with %v", writes, who.writes)
		}
		for at := range writes {
			for _, after := range []bool{false, true} {
				points++
				t.Run(fmt.Sprintf("%s, write %d %s, after it took effect %t", who.name, at, writes[at], after), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { dieAt(t, who, at, after) })
				})
			}
		}
		t.Logf("%s: %d writes: %v", who.name, len(writes), writes)
	}
	t.Logf("%d crash points", points)
}

func dieAt(t *testing.T, who caller, at int, after bool) {
	w := newWorld(t)
	count, dead, died := 0, false, false
	w.pass = func(_ string, act func() error) error {
		if dead {
			return errPowerCut
		}
		count++
		if dead = count == at+1 && !died; !dead {
			return act()
		}
		died = true
		if after {
			_ = act()
		}
		return errPowerCut
	}
	w.revive = func() bool {
		if !dead {
			return false
		}
		dead = false
		w.restart()
		return true
	}
	w.live(who)
	if !died {
		t.Errorf("the process made only %d writes and never died", count)
	}
	w.wantNothingLeft()
}

// live is the life of a worker under a caller whose process may die at any time.
func (w *world) live(who caller) {
	w.Helper()
	if who.full {
		w.refuseOnce("/add/slave/", http.StatusInternalServerError, workerLimit)
	}
	ordered, seen := false, false
	var machine cloud.Machine
	for end := time.Now().Add(time.Hour); time.Now().Before(end); time.Sleep(poll) {
		if !ordered {
			err := w.provider.Create(w.Context(), request(hostname))
			dead := w.revive != nil && w.revive()
			ordered = dead && !who.repeat || !dead && (err == nil || !cloud.Rejected(err))
			continue
		}
		list, err := w.provider.Machines(w.Context(), cloud.Filter{HostnamePrefix: prefix})
		if alive := len(w.alive()); alive > 1 {
			w.Fatalf("%d workers at once", alive)
		}
		switch {
		case w.revive != nil && w.revive() || err != nil:
		case len(list) == 0 && seen:
			return
		case len(list) == 1 && list[0].State == cloud.StateRunning:
			machine, seen = list[0], true
			_ = w.provider.Delete(w.Context(), machine)
			if w.revive != nil {
				w.revive()
			}
		case len(list) == 0 && time.Until(end) < time.Hour-2*addTimeout:
			return // given up
		}
	}
}

func (w *world) wantNothingLeft() {
	w.Helper()
	if alive := w.alive(); len(alive) > 0 {
		w.Errorf("workers %v are left", alive)
	}
	if asked := w.count("add worker"); asked > 1 {
		w.Errorf("%d workers were asked for, want one at most", asked)
	}
	if entry, found := w.entry(hostname); found && entry.MissingSince.IsZero() {
		w.Errorf("the order is still open: %+v", entry)
	}
}
