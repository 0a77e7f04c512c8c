package provisioner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/costs"
	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

func TestGroupCostsWhatTheCloudAsksNow(t *testing.T) {
	c := fake.New(fake.Options{})
	market := provisioner.NewMarket(c, provisioner.MarketOptions{})
	group := build.NodeGroup("web").Desired(2).Offerings(fake.OfferingGeneral4, fake.OfferingGeneral2).Obj()
	general2 := money.PerMonth(44e9).Hourly(money.HoursPerMonth)
	if diff := cmp.Diff(costs.Group{PerHour: 2 * general2, Machines: 2, Estimated: true}, market.Cost(t.Context(), group, nil)); diff != "" {
		t.Errorf("without machines (-want +got):\n%s", diff)
	}

	node := *build.VPSieNode("node-1", "web").Obj()
	node.Status.MachineID, node.Spec.Decision.PriceNanosPerHour = "machine-1", 5
	nodes := []v1alpha1.VPSieNode{node}
	if diff := cmp.Diff(costs.Group{PerHour: general2, Machines: 1}, market.Cost(t.Context(), group, nodes)); diff != "" {
		t.Errorf("with a machine (-want +got):\n%s", diff)
	}

	c.FailAll(cloud.ErrTransient)
	if diff := cmp.Diff(costs.Group{PerHour: 5, Machines: 1}, market.Cost(t.Context(), group, nodes)); diff != "" {
		t.Errorf("while the cloud is away (-want +got):\n%s", diff)
	}
}
