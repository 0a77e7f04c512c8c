package cloudtest

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

const ownKey = "autoscaler.vpsie.com/"

// tagged orders a machine with tags and waits until it runs.
func (w *world) tagged(name string, tags map[string]string) cloud.Machine {
	w.Helper()
	request := w.request(prefix + name)
	request.Tags = tags
	w.order(request)
	return w.awaitRunning(request.Hostname)
}

// tagsOf are the tags of one machine.
func (w *world) tagsOf(id string) map[string]string {
	w.Helper()
	machine, err := w.Provider.Machine(w.Context(), id)
	if err != nil {
		w.Fatal(err)
	}
	return machine.Tags
}

func tagsAreKeptAndTold(w *world) {
	tags := map[string]string{ownKey + "managed": "true", "team": "web shop", "empty": ""}
	machine := w.tagged("tagged", tags)
	if got := w.tagsOf(machine.ID); !maps.Equal(got, tags) {
		w.Errorf("tags %v, want %v", got, tags)
	}
}

func missingTagsSelectNothing(w *world) {
	w.running("plain")
	filter := cloud.Filter{HostnamePrefix: prefix, Tags: map[string]string{"colour": "green"}}
	if machines, err := w.Provider.Machines(w.Context(), filter); err != nil || len(machines) != 0 {
		w.Errorf("machines %+v, error %v, want none", machines, err)
	}
}

func tagsSelect(w *world) {
	w.tagged("red", map[string]string{"colour": "red", "size": "s"})
	w.tagged("blue", map[string]string{"colour": "blue", "size": "s"})
	w.tagged("plain", nil)
	for name, test := range map[string]struct {
		tags map[string]string
		want []string
	}{
		"one tag":      {map[string]string{"colour": "red"}, []string{prefix + "red"}},
		"shared tag":   {map[string]string{"size": "s"}, []string{prefix + "blue", prefix + "red"}},
		"all must fit": {map[string]string{"colour": "red", "size": "xl"}, nil},
		"none asked":   {nil, []string{prefix + "blue", prefix + "plain", prefix + "red"}},
	} {
		machines, err := w.Provider.Machines(w.Context(), cloud.Filter{HostnamePrefix: prefix, Tags: test.tags})
		var got []string
		for _, machine := range machines {
			got = append(got, machine.Hostname)
		}
		slices.Sort(got)
		if err != nil || !slices.Equal(got, test.want) {
			w.Errorf("%s: machines %v, error %v, want %v", name, got, err, test.want)
		}
	}
}

func configureBringsTagsInLine(w *world) {
	machine := w.tagged("change", map[string]string{ownKey + "nodegroup": "web", ownKey + "version": "1"})
	wanted := map[string]string{ownKey + "nodegroup": "web", ownKey + "managed": "true", "team": "shop"}
	for range 2 { // the second time there is nothing to do
		machine.Tags = w.tagsOf(machine.ID)
		if err := w.Provider.Configure(w.Context(), machine, cloud.Attributes{Tags: wanted}); err != nil {
			w.Fatal(err)
		}
		if got := w.tagsOf(machine.ID); !maps.Equal(got, wanted) {
			w.Errorf("tags %v, want %v", got, wanted)
		}
	}
}

func configureAddsKeys(w *world) {
	request := w.request(prefix + "keys")
	request.SSHKeyIDs = w.SSHKeyIDs[:1]
	w.order(request)
	machine := w.awaitRunning(request.Hostname)
	for _, wanted := range [][]string{w.SSHKeyIDs, w.SSHKeyIDs, w.SSHKeyIDs[:1]} {
		if err := w.Provider.Configure(w.Context(), machine, cloud.Attributes{SSHKeyIDs: wanted}); err != nil {
			w.Fatal(err)
		}
		got := slices.Sorted(slices.Values(w.SSHKeysOf(machine)))
		if want := slices.Sorted(slices.Values(w.SSHKeyIDs)); !slices.Equal(got, want) {
			w.Errorf("keys %v after asking for %v, want %v", got, wanted, want)
		}
	}
}

// Attributes that the provider has no capability for are ignored, here as in an order.
func configureLeavesTheMachineRunning(w *world) {
	machine := w.running("steady")
	attributes := cloud.Attributes{Tags: map[string]string{"team": "shop"}, SSHKeyIDs: w.SSHKeyIDs}
	for range 2 {
		if err := w.Provider.Configure(w.Context(), machine, attributes); err != nil {
			w.Fatal(err)
		}
		wait(time.Minute)
		if got := w.find(machine.Hostname); got == nil || got.ID != machine.ID || got.State != cloud.StateRunning {
			w.Errorf("the machine became %+v", got)
		}
	}
}

func configureOfAMissingMachine(w *world) {
	machine := w.running("short-lived")
	w.RemoveOutside(machine)
	w.awaitGone(machine.Hostname, nil)
	attributes := cloud.Attributes{Tags: map[string]string{"team": "shop"}}
	if err := w.Provider.Configure(w.Context(), machine, attributes); !errors.Is(err, cloud.ErrNotFound) {
		w.Errorf("error %v, want %v", err, cloud.ErrNotFound)
	}
}
