package provisioner

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Market is what can be bought: the cloud's offerings as the planner sees them, less those that were found sold out.
type Market struct {
	provider       cloud.Provider
	memoryOverhead int64
	soldOutTTL     time.Duration

	mu      sync.Mutex
	soldOut map[offeringKey]time.Time // until when
}

type offeringKey struct{ datacenterID, offeringID string }

// MarketOptions configure a Market.
type MarketOptions struct {
	// MemoryOverheadPercent is the part of a machine's nominal memory that its guest never sees, from 0 to 99.
	MemoryOverheadPercent int64
	// SoldOutTTL is how long an offering that was refused as sold out is not asked for again.
	SoldOutTTL time.Duration
}

// NewMarket makes a market over a provider.
func NewMarket(provider cloud.Provider, options MarketOptions) *Market {
	return &Market{
		provider:       provider,
		memoryOverhead: options.MemoryOverheadPercent,
		soldOutTTL:     options.SoldOutTTL,
		soldOut:        map[offeringKey]time.Time{},
	}
}

// MarkSoldOut remembers that an offering could not be had.
func (m *Market) MarkSoldOut(datacenterID, offeringID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.soldOut[offeringKey{datacenterID, offeringID}] = time.Now().Add(m.soldOutTTL)
}

// Listing is one offering in both views: the cloud's and the planner's.
type Listing struct {
	Cloud cloud.Offering
	Plan  plan.Offering
}

// Listings are the offerings of a data centre. Errors are those of the provider.
func (m *Market) Listings(ctx context.Context, datacenterID string) ([]Listing, error) {
	offerings, err := m.provider.Offerings(ctx, datacenterID)
	if err != nil {
		return nil, fmt.Errorf("list offerings of data centre %s: %w", datacenterID, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	listings := make([]Listing, len(offerings))
	for i, offering := range offerings {
		key := offeringKey{datacenterID, offering.ID}
		if until, found := m.soldOut[key]; found && !now.Before(until) {
			delete(m.soldOut, key)
		}
		_, soldOut := m.soldOut[key]
		listings[i] = Listing{Cloud: offering, Plan: plan.Offering{
			ID:           offering.ID,
			Name:         offering.Name,
			DatacenterID: datacenterID,
			Labels:       machineLabels(offering),
			Allocatable:  bootstrap.Forecast(offering.Capacity, m.memoryOverhead),
			Price:        offering.Price,
			SoldOut:      soldOut,
		}}
	}
	return listings, nil
}

// machineLabels are the labels that a machine of an offering brings into the cluster. A data centre is a region.
func machineLabels(offering cloud.Offering) map[string]string {
	return map[string]string{
		v1alpha1.LabelCapacityType:     cmp.Or(string(offering.CapacityType), string(cloud.CapacityOnDemand)),
		corev1.LabelArchStable:         offering.Arch,
		corev1.LabelOSStable:           "linux",
		corev1.LabelInstanceTypeStable: labelValue(offering.Name),
		corev1.LabelTopologyZone:       labelValue(cmp.Or(offering.Zone, offering.DatacenterID)),
		corev1.LabelTopologyRegion:     offering.DatacenterID,
		v1alpha1.LabelDatacenter:       offering.DatacenterID,
		v1alpha1.LabelOffering:         offering.ID,
	}
}

// labelValue makes any text a valid label value: other characters become "_", the length is cut to 63.
func labelValue(text string) string {
	value := []byte(text)
	alphanumeric := func(b byte) bool {
		return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
	}
	for i, b := range value {
		if !alphanumeric(b) && !slices.Contains([]byte("-_."), b) {
			value[i] = '_'
		}
	}
	value = value[:min(len(value), 63)]
	for len(value) > 0 && !alphanumeric(value[0]) {
		value = value[1:]
	}
	for len(value) > 0 && !alphanumeric(value[len(value)-1]) {
		value = value[:len(value)-1]
	}
	return string(value)
}
