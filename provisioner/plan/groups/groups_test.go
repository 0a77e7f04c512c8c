package groups_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/groups"
)

func TestOfTakesWhatTheSpecificationSays(t *testing.T) {
	taint := corev1.Taint{Key: "dedicated", Value: "batch", Effect: corev1.TaintEffectNoSchedule}
	group := &v1alpha1.NodeGroup{Spec: v1alpha1.NodeGroupSpec{
		MinNodes: 2, MaxNodes: 7, DatacenterID: "fra", OfferingIDs: []string{"small", "large"}, PreferredOfferingID: "large", Priority: -3,
		Labels: map[string]v1alpha1.LabelValue{"team": "shop"}, Taints: []corev1.Taint{taint},
	}}
	group.Namespace, group.Name = "shop", "workers"
	want := plan.Group{
		Key: "shop/workers", Max: 7, ScaleUp: true, DatacenterID: "fra", OfferingIDs: []string{"small", "large"}, PreferredOfferingID: "large", Priority: -3,
		Labels: map[string]string{
			"team": "shop", v1alpha1.LabelManaged: "true", v1alpha1.LabelNodeGroup: "workers", v1alpha1.LabelNodeGroupNamespace: "shop",
		},
		Taints: []corev1.Taint{taint},
	}
	if diff := cmp.Diff(want, groups.Of(group)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestScaleUpIsOnUnlessItIsSwitchedOff(t *testing.T) {
	on, off := true, false
	for name, c := range map[string]struct {
		enabled *bool
		want    bool
	}{"not said": {nil, true}, "on": {&on, true}, "off": {&off, false}} {
		group := &v1alpha1.NodeGroup{}
		group.Spec.ScaleUpPolicy.Enabled = c.enabled
		if got := groups.Of(group).ScaleUp; got != c.want {
			t.Errorf("%s: ScaleUp is %t, want %t", name, got, c.want)
		}
	}
}
