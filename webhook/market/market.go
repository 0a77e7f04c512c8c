// Package market knows what is sold where, so that admission answers from memory and never asks the cloud while the API server
// waits.
package market

import (
	"slices"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Market is what is sold where, as it was last read. It is never changed, so any number of goroutines may share one.
type Market struct {
	// Datacenters are all there are.
	Datacenters []cloud.Datacenter
	// Offerings are those of each data centre by its ID, sold out ones included. A data centre that is missing could not be read.
	Offerings map[string][]plan.Offering
}

// Has tells whether there is a data centre.
func (m *Market) Has(datacenterID string) bool {
	return slices.ContainsFunc(m.Datacenters, func(d cloud.Datacenter) bool { return d.ID == datacenterID })
}

// Sells tells whether an offering is sold in a data centre, and whether that is known at all.
func (m *Market) Sells(datacenterID, offeringID string) (sold, known bool) {
	offerings, known := m.Offerings[datacenterID]
	return slices.ContainsFunc(offerings, func(o plan.Offering) bool { return o.ID == offeringID }), known
}

// SoldIn are the data centres that sell an offering, in order.
func (m *Market) SoldIn(offeringID string) []string {
	var ids []string
	for _, datacenter := range m.Datacenters {
		if sold, _ := m.Sells(datacenter.ID, offeringID); sold {
			ids = append(ids, datacenter.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
