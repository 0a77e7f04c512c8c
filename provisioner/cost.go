package provisioner

import (
	"context"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/costs"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Cost is what a group costs with its VPSieNodes. While the cloud does not tell its prices, machines are taken to cost what they
// did when they were bought, and nothing is estimated.
func (m *Market) Cost(ctx context.Context, group *v1alpha1.NodeGroup, nodes []v1alpha1.VPSieNode) costs.Group {
	offerings, err := m.provider.Offerings(ctx, group.Spec.DatacenterID)
	if err != nil {
		offerings = nil
	}
	return costs.OfGroup(priceList(offerings), group, nodes)
}

// priceList is what the offerings of a cloud cost.
func priceList(offerings []cloud.Offering) costs.PriceList {
	list := make(costs.PriceList, len(offerings))
	for i, offering := range offerings {
		list[i] = costs.Price{DatacenterID: offering.DatacenterID, OfferingID: offering.ID, PerHour: offering.Price}
	}
	return list
}
