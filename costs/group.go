package costs

import (
	"slices"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// Group is what a NodeGroup costs.
type Group struct {
	// PerHour is the price of all its machines together; a lower bound when Unpriced is not empty.
	PerHour money.PerHour
	// Machines is how many machines that is.
	Machines int
	// Estimated says that the group has no machine yet, and that the price is that of the wanted number at the cheapest offering
	// that it allows.
	Estimated bool
	// Unpriced are the VPSieNodes whose price is not known, by name; the group's own name when an estimate is not possible.
	Unpriced []string
}

// OfGroup is what a NodeGroup costs with its VPSieNodes, all of them and no others. Machines cost money and objects do not: a
// VPSieNode counts from when its machine is known until the object has gone, whatever its state. A machine costs what its offering
// costs now or, when that is no longer sold, what it cost when it was bought.
func OfGroup(list PriceList, group *v1alpha1.NodeGroup, nodes []v1alpha1.VPSieNode) Group {
	var cost Group
	for i := range nodes {
		node := &nodes[i]
		if node.Status.MachineID == "" {
			continue
		}
		cost.Machines++
		price, err := list.Of(node.Spec.DatacenterID, node.Spec.OfferingID)
		if err != nil {
			price = money.PerHour(node.Spec.Decision.PriceNanosPerHour)
		}
		if price <= 0 {
			cost.Unpriced = append(cost.Unpriced, node.Name)
			continue
		}
		cost.PerHour = cost.PerHour.Plus(price)
	}
	if cost.Machines > 0 || group.Desired() == 0 {
		slices.Sort(cost.Unpriced)
		return cost
	}
	return estimate(list, group)
}

// estimate is what a group without machines will cost at least.
func estimate(list PriceList, group *v1alpha1.NodeGroup) Group {
	cost := Group{Machines: int(group.Desired()), Estimated: true}
	cheapest, ok := list.Cheapest(group.Spec.DatacenterID, group.Spec.OfferingIDs)
	if !ok {
		cost.Unpriced = []string{group.Name}
		return cost
	}
	cost.PerHour = cheapest.PerHour.Times(int64(cost.Machines))
	return cost
}
