package provisioner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

// demands are all that a group may ask for beyond a size, each with the capability that it takes.
var demands = map[string]struct {
	ask   func(*v1alpha1.NodeGroupSpec)
	needs cloud.Capability
}{
	"spec.osImageID":            {func(s *v1alpha1.NodeGroupSpec) { s.OSImageID = "image" }, cloud.CapabilityImage},
	"spec.cloudInitTemplate":    {func(s *v1alpha1.NodeGroupSpec) { s.CloudInitTemplate = "#cloud-config" }, cloud.CapabilityUserData},
	"spec.cloudInitTemplateRef": {func(s *v1alpha1.NodeGroupSpec) { s.CloudInitTemplateRef = &v1alpha1.ConfigMapKeyReference{} }, cloud.CapabilityUserData},
	"spec.cloudInitVariables": {func(s *v1alpha1.NodeGroupSpec) {
		s.CloudInitVariables = map[string]v1alpha1.CloudInitVariable{"Team": "shop"}
	}, cloud.CapabilityUserData},
	"spec.sshPublicKeys":   {func(s *v1alpha1.NodeGroupSpec) { s.SSHPublicKeys = []string{"ssh-ed25519 AAAA"} }, cloud.CapabilityUserData},
	"spec.sshKeySecretRef": {func(s *v1alpha1.NodeGroupSpec) { s.SSHKeySecretRef = &v1alpha1.SSHKeySecretReference{} }, cloud.CapabilityUserData},
	"spec.sshKeyIds":       {func(s *v1alpha1.NodeGroupSpec) { s.SSHKeyIDs = []string{"key"} }, cloud.CapabilitySSHKeys},
	"spec.tags":            {func(s *v1alpha1.NodeGroupSpec) { s.Tags = map[string]v1alpha1.TagValue{"team": "shop"} }, cloud.CapabilityTags},
}

func TestDemandsThatTheProviderCannotMeetAreNamed(t *testing.T) {
	all := fake.New(fake.Options{}).Capabilities()
	for field, demand := range demands {
		t.Run(field, func(t *testing.T) {
			group := build.NodeGroup("web").Obj()
			demand.ask(&group.Spec)
			for name, test := range map[string]struct {
				has    cloud.Capabilities
				reason string
			}{
				"with the capability":    {sets.New(demand.needs), ""},
				"without the capability": {all.Difference(sets.New(demand.needs)), v1alpha1.ReasonUnsupportedByProvider},
			} {
				c := fake.New(fake.Options{Capabilities: test.has})
				got := provisioner.NewMarket(c, provisioner.MarketOptions{}).Judge(t.Context(), group)
				want := provisioner.Verdict{Reason: test.reason}
				if test.reason != "" {
					want.Message = "machines are bought in a way that leaves no room for " + field + ": take that out of the NodeGroup, or change the controller's configuration"
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: verdict (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

func TestGroupWithoutDemandsSuitsAnyProvider(t *testing.T) {
	c := fake.New(fake.Options{Capabilities: cloud.Capabilities{}})
	group := build.NodeGroup("web").Label("team", "shop").Obj()
	if got := provisioner.NewMarket(c, provisioner.MarketOptions{}).Judge(t.Context(), group); got.Reason != "" {
		t.Errorf("verdict %+v", got)
	}
}
