package cloudtest

import (
	"errors"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

func unknownMachineIsNotFound(w *world) {
	for _, id := range []string{"", "00000000-0000-0000-0000-000000000000"} {
		if machine, err := w.Provider.Machine(w.Context(), id); !errors.Is(err, cloud.ErrNotFound) {
			w.Errorf("machine %q: %+v, error %v, want %v", id, machine, err, cloud.ErrNotFound)
		}
	}
}

func prefixSelects(w *world) {
	for _, name := range []string{"left-1", "left-2", "right-1"} {
		w.running(name)
	}
	for rest, want := range map[string]int{"": 3, "left-": 2, "right-": 1, "up-": 0} {
		for _, text := range []string{prefix + rest, strings.ToUpper(prefix + rest)} {
			machines, err := w.Provider.Machines(w.Context(), cloud.Filter{HostnamePrefix: text})
			if err != nil || len(machines) != want {
				w.Errorf("prefix %s: %d machines, error %v, want %d", text, len(machines), err, want)
			}
			for _, machine := range machines {
				if !strings.HasPrefix(machine.Hostname, prefix+rest) {
					w.Errorf("prefix %s: machine %s", text, machine.Hostname)
				}
			}
		}
	}
}

func emptyPrefixIsRefused(w *world) {
	if machines, err := w.Provider.Machines(w.Context(), cloud.Filter{}); !errors.Is(err, cloud.ErrInvalid) {
		w.Errorf("%d machines, error %v, want %v: it would claim the machines of everybody", len(machines), err, cloud.ErrInvalid)
	}
}

func machinesOfOthersAreNotListed(w *world) {
	w.AddOutside("somebody-else-1")
	wait(w.patience())
	mine := w.running("mine")
	if machines := w.list(""); len(machines) != 1 || machines[0].ID != mine.ID {
		w.Errorf("machines %+v, want %s only", machines, mine.ID)
	}
}

func incompleteListIsAnError(w *world) {
	w.running("hidden-1")
	w.running("hidden-2")
	w.Conceal()
	if machines, err := w.Provider.Machines(w.Context(), cloud.Filter{HostnamePrefix: prefix}); err == nil {
		w.Errorf("%d machines of 2 and no error: what is not listed would be taken for gone", len(machines))
	} else if advice := cloud.Advise(err); advice.Action == cloud.ActionGiveUp {
		w.Errorf("error %v says to give up", err)
	}
}
