package lifecycle_test

import (
	"strings"
	"testing"
)

// renamed starts a controller that takes other names for its cluster's.
func renamed(w *world) {
	w.prefix = "stage-"
	w.restart()
}

func TestNothingIsBoughtForANameOfAnotherCluster(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		renamed(w)
		w.runFor(2 * options.LaunchTimeout)
		if len(w.creates()) != 0 {
			t.Errorf("%d create calls for a machine that could never be found again", len(w.creates()))
		}
		if message := w.object().Status.Message; !strings.Contains(message, "cluster.name") {
			t.Errorf("message %q does not name the remedy", message)
		}
	})
}

func TestMachineOutsideTheInventoryIsNotTakenForGone(t *testing.T) {
	ready(t, func(t *testing.T, w *world) {
		renamed(w)
		w.delete()
		w.runFor(2 * options.LostTimeout)
		if object := w.object(); len(object.Finalizers) == 0 || !strings.Contains(object.Status.Message, "cluster.name") {
			t.Errorf("finalizers %v, message %q: want it held, with the remedy", object.Finalizers, object.Status.Message)
		}
		w.prefix = prefix
		w.restart()
		w.runUntil("Gone")
		w.wantGone()
	})
}
