package cloudtest

import (
	"errors"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// remove deletes a machine as callers do: again and again until it is no longer listed.
func (w *world) remove(machine cloud.Machine) {
	w.Helper()
	ask := func() {
		err := w.Provider.Delete(w.Context(), machine)
		if advice := cloud.Advise(err); err != nil && (advice.Action != cloud.ActionWait || !cloud.Rejected(err)) {
			w.Fatalf("delete %s: %v", machine.Hostname, err)
		}
	}
	ask()
	w.awaitGone(machine.Hostname, ask)
}

func deleteUntilGone(w *world) {
	machine := w.running("leaving")
	for range 2 {
		if err := w.Provider.Delete(w.Context(), machine); err != nil {
			w.Fatal(err)
		}
	}
	w.remove(machine)
	if got, err := w.Provider.Machine(w.Context(), machine.ID); !errors.Is(err, cloud.ErrNotFound) {
		w.Errorf("a machine that is gone reads as %+v, error %v", got, err)
	}
	if err := w.Provider.Delete(w.Context(), machine); err != nil {
		w.Errorf("delete of a machine that is gone: %v", err)
	}
	wait(w.patience())
	if got := w.find(machine.Hostname); got != nil {
		w.Errorf("it is back: %+v", *got)
	}
}

func deleteLeavesTheOthers(w *world) {
	first, second := w.running("first"), w.running("second")
	w.remove(first)
	wait(w.patience())
	if got := w.find(second.Hostname); got == nil || got.ID != second.ID || got.State != cloud.StateRunning {
		w.Errorf("the machine beside it became %+v", got)
	}
}

func machineDeletedByOthers(w *world) {
	machine := w.running("taken")
	w.RemoveOutside(machine)
	w.awaitGone(machine.Hostname, nil)
	if err := w.Provider.Delete(w.Context(), machine); err != nil {
		w.Errorf("delete of a machine that others deleted: %v", err)
	}
}

func pendingMachineCannotBeDeleted(w *world) {
	hostname := prefix + "early"
	w.order(w.request(hostname))
	if err := w.Provider.Delete(w.Context(), cloud.Machine{Hostname: hostname}); !errors.Is(err, cloud.ErrInvalid) {
		w.Errorf("error %v, want %v: nothing says which machine it is", err, cloud.ErrInvalid)
	}
	w.awaitRunning(hostname)
}
