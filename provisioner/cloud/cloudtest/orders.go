package cloudtest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

func machineIsPendingAndThenRunning(w *world) {
	hostname := prefix + "one"
	w.order(w.request(hostname))
	ran := false
	for end := time.Now().Add(w.patience()); time.Now().Before(end); wait(pollInterval) {
		machine := w.find(hostname)
		switch {
		case machine == nil && ran:
			w.Fatal("a machine that ran is no longer listed")
		case machine == nil: // between the queue and the list
		case machine.State == cloud.StatePending && (ran || machine.ID != ""):
			w.Fatalf("%+v is pending, after it ran: %t", *machine, ran)
		case machine.State == cloud.StateRunning && (machine.ID == "" || machine.DatacenterID != w.DatacenterID):
			w.Fatalf("%+v runs, want an ID and data centre %s", *machine, w.DatacenterID)
		case machine.State == cloud.StateBroken, machine.State == cloud.StateEnding:
			w.Fatalf("%+v: nobody broke or deleted it", *machine)
		case machine.State == cloud.StateRunning:
			ran = true
		}
	}
	if !ran {
		w.Fatalf("the machine does not run after %v", w.patience())
	}
	w.readsTheSame(*w.find(hostname))
}

// readsTheSame compares a machine of the list with the same machine read alone.
func (w *world) readsTheSame(listed cloud.Machine) {
	w.Helper()
	alone, err := w.Provider.Machine(w.Context(), listed.ID)
	if err != nil {
		w.Fatal(err)
	}
	if alone.ID != listed.ID || alone.Hostname != listed.Hostname || alone.NodeName != listed.NodeName || alone.State != listed.State {
		w.Errorf("listed as %+v, read alone as %+v", listed, alone)
	}
	ordered := w.Provider.Capabilities().Has(cloud.CapabilityUserData)
	switch name := listed.NodeName; {
	case ordered && name != "" && name != listed.Hostname:
		w.Errorf("the Node is called %q, want the host name that was ordered", name)
	case !ordered && (name == "" || name != strings.ToLower(name)):
		w.Errorf("the Node is called %q, want a name in lower case", name)
	}
}

func hostNameIsReportedInLowerCase(w *world) {
	name := prefix + "Mixed-CASE"
	err := w.Provider.Create(w.Context(), w.request(name))
	switch {
	case err == nil:
		w.awaitRunning(strings.ToLower(name))
	case !errors.Is(err, cloud.ErrInvalid):
		w.Errorf("create %s: %v, want it accepted or %v", name, err, cloud.ErrInvalid)
	}
}

func halfAnOrderIsInvalid(w *world) {
	for field, remove := range map[string]func(*cloud.CreateRequest){
		"Hostname":     func(r *cloud.CreateRequest) { r.Hostname = "" },
		"OfferingID":   func(r *cloud.CreateRequest) { r.OfferingID = "" },
		"DatacenterID": func(r *cloud.CreateRequest) { r.DatacenterID = "" },
	} {
		request := w.request(prefix + "half")
		remove(&request)
		err := w.Provider.Create(w.Context(), request)
		if !cloud.Rejected(err) || !errors.Is(err, cloud.ErrInvalid) && !errors.Is(err, cloud.ErrNotFound) {
			w.Errorf("without %s: %v, want %v or %v", field, err, cloud.ErrInvalid, cloud.ErrNotFound)
		}
	}
	w.neverComes(prefix + "half")
}

func whatIsNotSoldIsRefused(w *world) {
	request := w.request(prefix + "huge")
	request.OfferingID = "9999999"
	if err := w.Provider.Create(w.Context(), request); err == nil {
		w.Errorf("an offering that is not sold was accepted")
	}
	w.neverComes(request.Hostname)
}

// A second order of a name is the caller's mistake. It may make a second machine, or none; it never hides the first.
func secondOrderOfAName(w *world) {
	first := w.running("twin")
	err := w.Provider.Create(w.Context(), w.request(first.Hostname))
	if err != nil && !cloud.Rejected(err) {
		w.Fatalf("second order: %v", err)
	}
	wait(w.patience())
	count := 0
	kept := false
	for _, machine := range w.list("twin") {
		count++
		kept = kept || machine.ID == first.ID
	}
	if !kept || count > 2 || err != nil && count != 1 {
		w.Errorf("%d machines after a second order that ended with error %v, the first among them: %t", count, err, kept)
	}
}

func ordersAtOnce(w *world) {
	const orders = 4
	accepted := make([]error, orders)
	var all sync.WaitGroup
	for i := range orders {
		all.Go(func() {
			accepted[i] = w.Provider.Create(w.Context(), w.request(fmt.Sprintf("%sparallel-%d", prefix, i)))
			_, err := w.Provider.Machines(w.Context(), cloud.Filter{HostnamePrefix: prefix})
			if err != nil && !errors.Is(err, cloud.ErrTransient) {
				w.Errorf("list beside orders: %v", err)
			}
		})
	}
	all.Wait()
	for i, err := range accepted {
		hostname := fmt.Sprintf("%sparallel-%d", prefix, i)
		if err != nil {
			if !cloud.Rejected(err) {
				w.Fatalf("create %s: %v", hostname, err)
			}
			w.order(w.request(hostname)) // one at a time, says the provider
		}
	}
	ids := map[string]bool{}
	for i := range orders {
		ids[w.awaitRunning(fmt.Sprintf("%sparallel-%d", prefix, i)).ID] = true
	}
	if machines := w.list(""); len(ids) != orders || len(machines) != orders {
		w.Errorf("%d orders made machines %v, listed are %d", orders, ids, len(machines))
	}
}
