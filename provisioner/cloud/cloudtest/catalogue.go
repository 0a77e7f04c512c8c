package cloudtest

import (
	"errors"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

func capabilitiesNeverChange(w *world) {
	before := w.Provider.Capabilities().Clone()
	w.Fail(FailureBroken)
	if got := w.Provider.Capabilities(); !got.Equal(before) {
		w.Errorf("capabilities were %v, then %v", before, got)
	}
}

func datacentersHaveDistinctIDs(w *world) {
	datacenters, err := w.Provider.Datacenters(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	seen := map[string]bool{}
	for _, datacenter := range datacenters {
		if datacenter.ID == "" || seen[datacenter.ID] {
			w.Errorf("data centre %+v: its ID is empty or comes twice", datacenter)
		}
		seen[datacenter.ID] = true
	}
	if !seen[w.DatacenterID] {
		w.Errorf("data centre %s is not listed: %v", w.DatacenterID, datacenters)
	}
}

// offers lists the offerings and checks that the one to order is among them.
func (w *world) offers() []cloud.Offering {
	w.Helper()
	offerings, err := w.Provider.Offerings(w.Context(), w.DatacenterID)
	if err != nil {
		w.Fatal(err)
	}
	return offerings
}

func offeringsAreComplete(w *world) {
	seen := map[string]bool{}
	for _, offering := range w.offers() {
		if offering.ID == "" || seen[offering.ID] {
			w.Errorf("offering %+v: its ID is empty or comes twice", offering)
		}
		seen[offering.ID] = true
		if offering.Price <= 0 || offering.DatacenterID != w.DatacenterID || offering.Arch == "" || offering.Name == "" {
			w.Errorf("offering %+v: want a price, an architecture, a name and data centre %s", offering, w.DatacenterID)
		}
		for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
			if quantity := offering.Capacity[name]; quantity.Sign() <= 0 {
				w.Errorf("offering %s has %s of %s", offering.ID, quantity.String(), name)
			}
		}
	}
	if !seen[w.OfferingID] {
		w.Errorf("offering %s is not listed", w.OfferingID)
	}
}

func offeringsBelongToTheirCaller(w *world) {
	for _, offering := range w.offers() {
		offering.Capacity[corev1.ResourceCPU] = resource.MustParse("0")
	}
	for _, offering := range w.offers() {
		if offering.Capacity.Cpu().IsZero() {
			w.Fatalf("what a caller did to offering %s shows in the next answer", offering.ID)
		}
	}
}

func offeringsOfAnUnknownDatacenter(w *world) {
	if offerings, err := w.Provider.Offerings(w.Context(), "no-such-datacenter"); !errors.Is(err, cloud.ErrNotFound) {
		w.Errorf("%d offerings, error %v, want %v", len(offerings), err, cloud.ErrNotFound)
	}
}
