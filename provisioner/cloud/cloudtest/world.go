package cloudtest

import (
	"strings"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

const (
	// prefix starts the host names of the suite's machines.
	prefix = "contract-"
	// pollInterval is how often the suite looks.
	pollInterval = 2 * time.Second
	// defaultPatience stands for Harness.Patience.
	defaultPatience = 15 * time.Minute
)

// world is a test and the cloud that it acts on.
type world struct {
	*testing.T
	Harness
}

func (w *world) patience() time.Duration {
	if w.Patience > 0 {
		return w.Patience
	}
	return defaultPatience
}

// wait lets time pass on the clock of the bubble.
func wait(d time.Duration) { <-time.NewTimer(d).C }

func (w *world) request(hostname string) cloud.CreateRequest {
	return cloud.CreateRequest{
		Hostname: hostname, OfferingID: w.OfferingID, DatacenterID: w.DatacenterID, ImageID: w.ImageID, UserData: []byte("#cloud-config\n"),
	}
}

// order asks for a machine as callers do: a refusal that says to wait is waited out, looking at the machines meanwhile.
func (w *world) order(request cloud.CreateRequest) {
	w.Helper()
	for end := time.Now().Add(2 * w.patience()); ; {
		err := w.Provider.Create(w.Context(), request)
		if err == nil {
			return
		}
		advice := cloud.Advise(err)
		if advice.Action != cloud.ActionWait || advice.After == 0 || !cloud.Rejected(err) || time.Now().After(end) {
			w.Fatalf("create %s: %v", request.Hostname, err)
		}
		wait(advice.After)
		w.list("")
	}
}

// list is what the provider lists of the suite's machines whose names go on with rest.
func (w *world) list(rest string) []cloud.Machine {
	w.Helper()
	machines, err := w.Provider.Machines(w.Context(), cloud.Filter{HostnamePrefix: prefix + rest})
	if err != nil {
		w.Fatalf("list machines: %v", err)
	}
	return machines
}

// find is the one machine of a host name; nil when there is none.
func (w *world) find(hostname string) *cloud.Machine {
	w.Helper()
	var found *cloud.Machine
	for _, machine := range w.list("") {
		if machine.Hostname != strings.ToLower(machine.Hostname) {
			w.Errorf("host name %q is not in lower case", machine.Hostname)
		}
		if machine.Hostname != hostname {
			continue
		}
		if found != nil {
			w.Fatalf("two machines are called %s: %+v and %+v", hostname, *found, machine)
		}
		found = &machine
	}
	return found
}

// running orders a machine and waits until it runs.
func (w *world) running(name string) cloud.Machine {
	w.Helper()
	w.order(w.request(prefix + name))
	return w.awaitRunning(prefix + name)
}

func (w *world) awaitRunning(hostname string) cloud.Machine {
	w.Helper()
	for end := time.Now().Add(w.patience()); time.Now().Before(end); wait(pollInterval) {
		if machine := w.find(hostname); machine != nil && machine.State == cloud.StateRunning {
			return *machine
		}
	}
	w.Fatalf("%s does not run after %v: %+v", hostname, w.patience(), w.find(hostname))
	return cloud.Machine{}
}

// awaitGone repeats a step, which may be nil, until a host name is no longer listed.
func (w *world) awaitGone(hostname string, step func()) {
	w.Helper()
	for end := time.Now().Add(w.patience()); time.Now().Before(end); wait(pollInterval) {
		if w.find(hostname) == nil {
			return
		}
		if step != nil {
			step()
		}
	}
	w.Fatalf("%s is still listed after %v: %+v", hostname, w.patience(), w.find(hostname))
}

// neverComes waits as long as a machine may take and fails when one of that host name shows up.
func (w *world) neverComes(hostname string) {
	w.Helper()
	for end := time.Now().Add(w.patience()); time.Now().Before(end); wait(10 * pollInterval) {
		if machine := w.find(hostname); machine != nil {
			w.Fatalf("a machine was made all the same: %+v", *machine)
		}
	}
}
