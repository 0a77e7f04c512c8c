package provisioner_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

func TestVerdictOnWhatAGroupCanBuy(t *testing.T) {
	tests := map[string]struct {
		group   *build.NodeGroupBuilder
		order   func(*fake.Cloud)
		reason  string
		message string
	}{
		"everything sold there":  {group: build.NodeGroup("web")},
		"one of two is sold":     {group: build.NodeGroup("web").Offerings(fake.OfferingGeneral2, "no-such-plan")},
		"none of them is sold":   {group: build.NodeGroup("web").Offerings("no-such-plan"), reason: v1alpha1.ReasonNoOffering, message: "no-such-plan"},
		"an unknown data centre": {group: build.NodeGroup("web").Datacenter("atlantis"), reason: v1alpha1.ReasonUnknownDatacenter, message: "atlantis"},
		"a refused token": {group: build.NodeGroup("web"), order: func(c *fake.Cloud) { c.FailNext(fake.OpOfferings, cloud.ErrUnauthorized) },
			reason: v1alpha1.ReasonCredentialsRejected, message: "token"},
		"no answer": {group: build.NodeGroup("web"), order: func(c *fake.Cloud) { c.FailNext(fake.OpOfferings, cloud.ErrTransient) },
			reason: v1alpha1.ReasonCloudUnavailable, message: fake.DatacenterAmsterdam},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := fake.New(fake.Options{})
			if test.order != nil {
				test.order(c)
			}
			got := provisioner.NewMarket(c, provisioner.MarketOptions{}).Judge(t.Context(), test.group.Obj())
			if got.Reason != test.reason || !strings.Contains(got.Message, test.message) {
				t.Errorf("verdict %+v, want reason %q and a message with %q", got, test.reason, test.message)
			}
		})
	}
}

func TestDatacenterThatSellsNothing(t *testing.T) {
	market := provisioner.NewMarket(fake.New(fake.Options{Offerings: []cloud.Offering{}}), provisioner.MarketOptions{})
	if got := market.Judge(t.Context(), build.NodeGroup("web").Obj()); got.Reason != v1alpha1.ReasonNoOffering {
		t.Errorf("verdict %+v, want reason %s", got, v1alpha1.ReasonNoOffering)
	}
}

func TestMachineLabelsAreValidWhateverThePlanIsCalled(t *testing.T) {
	names := []string{"G-4", "2 vCPU / 4 GB (SSD)", "--odd--", "größe", strings.Repeat("x-", 40), "(!)", ""}
	var offerings []cloud.Offering
	for _, name := range names {
		offerings = append(offerings, cloud.Offering{ID: "plan", Name: name, DatacenterID: fake.DatacenterAmsterdam, Arch: "amd64"})
	}
	market := provisioner.NewMarket(fake.New(fake.Options{Offerings: offerings}), provisioner.MarketOptions{})
	listings, err := market.Listings(t.Context(), fake.DatacenterAmsterdam)
	if err != nil || len(listings) != len(names) {
		t.Fatalf("%d listings, %v", len(listings), err)
	}
	for i, listing := range listings {
		value := listing.Plan.Labels[corev1.LabelInstanceTypeStable]
		if problems := validation.IsValidLabelValue(value); len(problems) > 0 {
			t.Errorf("plan %q became label %q: %v", names[i], value, problems)
		}
	}
	if got := listings[1].Plan.Labels[corev1.LabelInstanceTypeStable]; got != "2_vCPU___4_GB__SSD" {
		t.Errorf("label %q is hard to recognise", got)
	}
}

// A plan must not count on what the machine keeps for itself: what its guest never sees, what the kubelet and the container runtime
// reserve, and what the kubelet keeps free by evictions.
func TestAllocatableIsLessThanWhatIsSold(t *testing.T) {
	market := provisioner.NewMarket(fake.New(fake.Options{}), provisioner.MarketOptions{MemoryOverheadPercent: 5})
	listings, err := market.Listings(t.Context(), fake.DatacenterAmsterdam)
	if err != nil || len(listings) == 0 {
		t.Fatalf("%d listings, %v", len(listings), err)
	}
	for _, listing := range listings {
		sold, left := listing.Cloud.Capacity, listing.Plan.Allocatable
		reserved := bootstrap.Reserved(sold)
		if got, want := left.Cpu().MilliValue(), sold.Cpu().MilliValue()-reserved.Cpu().MilliValue(); got != want || got == 0 {
			t.Errorf("%s: %d millicores, want %d", listing.Plan.Name, got, want)
		}
		const evictionThreshold = 100 << 20
		if got, want := left.Memory().Value(), sold.Memory().Value()*95/100-reserved.Memory().Value()-evictionThreshold; got != want || got <= 0 {
			t.Errorf("%s: %d bytes of memory, want %d", listing.Plan.Name, got, want)
		}
		if got, want := left.StorageEphemeral().Value(), sold.StorageEphemeral().Value()/10*9; got != want {
			t.Errorf("%s: %d bytes of disk, want %d", listing.Plan.Name, got, want)
		}
		if left.Pods().Value() != bootstrap.MaxPods {
			t.Errorf("%s: room for %s pods, want %d", listing.Plan.Name, left.Pods(), bootstrap.MaxPods)
		}
	}
}
