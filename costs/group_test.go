package costs_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/costs"
	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// node is a VPSieNode with a machine.
func node(name, offering string) v1alpha1.VPSieNode {
	return v1alpha1.VPSieNode{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.VPSieNodeSpec{OfferingID: offering, DatacenterID: "hel", Decision: v1alpha1.Decision{PriceNanosPerHour: 40}},
		Status:     v1alpha1.VPSieNodeStatus{MachineID: "machine-of-" + name},
	}
}

func with(node v1alpha1.VPSieNode, change func(*v1alpha1.VPSieNode)) v1alpha1.VPSieNode {
	change(&node)
	return node
}

func TestGroupCostsWhatItsMachinesCost(t *testing.T) {
	pending := with(node("pending", "large"), func(n *v1alpha1.VPSieNode) { n.Status.MachineID = "" })
	leaving := with(node("leaving", "small"), func(n *v1alpha1.VPSieNode) { n.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)} })
	unknown := with(node("unknown", "withdrawn"), func(n *v1alpha1.VPSieNode) { n.Spec.Decision = v1alpha1.Decision{} })
	tests := map[string]struct {
		list      costs.PriceList
		desired   int32
		offerings []string
		nodes     []v1alpha1.VPSieNode
		want      costs.Group
	}{
		"two machines":                  {list: list, desired: 9, nodes: []v1alpha1.VPSieNode{node("a", "small"), node("b", "large")}, want: costs.Group{PerHour: 99, Machines: 2}},
		"one has no machine":            {list: list, desired: 2, nodes: []v1alpha1.VPSieNode{node("a", "small"), pending}, want: costs.Group{PerHour: 11, Machines: 1}},
		"one is leaving and still here": {list: list, desired: 1, nodes: []v1alpha1.VPSieNode{leaving}, want: costs.Group{PerHour: 11, Machines: 1}},
		"one is no longer sold":         {list: list, desired: 1, nodes: []v1alpha1.VPSieNode{node("a", "withdrawn")}, want: costs.Group{PerHour: 40, Machines: 1}},
		"nobody knows the prices now":   {desired: 1, nodes: []v1alpha1.VPSieNode{node("a", "small")}, want: costs.Group{PerHour: 40, Machines: 1}},
		"nobody ever knew one price": {
			list: list, desired: 1, nodes: []v1alpha1.VPSieNode{unknown, node("a", "small")},
			want: costs.Group{PerHour: 11, Machines: 2, Unpriced: []string{"unknown"}},
		},
		"none yet": {list: list, desired: 3, nodes: []v1alpha1.VPSieNode{pending}, want: costs.Group{PerHour: 33, Machines: 3, Estimated: true}},
		"none yet, the cheapest not allowed": {
			list: list, desired: 2, offerings: []string{"large", "general"}, want: costs.Group{PerHour: 88, Machines: 2, Estimated: true},
		},
		"none yet, and nothing that is allowed is sold": {
			list: list, desired: 2, offerings: []string{"zoo"}, want: costs.Group{Machines: 2, Estimated: true, Unpriced: []string{"web"}},
		},
		"none wanted": {list: list},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			group := &v1alpha1.NodeGroup{ObjectMeta: metav1.ObjectMeta{Name: "web"}}
			group.Spec.MaxNodes, group.Spec.DesiredNodes = 10, &test.desired
			group.Spec.DatacenterID, group.Spec.OfferingIDs = "hel", test.offerings
			if diff := cmp.Diff(test.want, costs.OfGroup(test.list, group, test.nodes)); diff != "" {
				t.Errorf("cost (-want +got):\n%s", diff)
			}
		})
	}
}

// A sum that is too large to hold must not come out small.
func TestCostOfAGroupNeverOverflows(t *testing.T) {
	dear := costs.PriceList{{DatacenterID: "hel", OfferingID: "dear", PerHour: 1 << 62}}
	group := &v1alpha1.NodeGroup{}
	desired := int32(1000)
	group.Spec.MaxNodes, group.Spec.DesiredNodes, group.Spec.DatacenterID = 1000, &desired, "hel"
	nodes := []v1alpha1.VPSieNode{node("a", "dear"), node("b", "dear"), node("c", "dear")}
	for name, got := range map[string]money.PerHour{
		"estimate": costs.OfGroup(dear, group, nil).PerHour, "machines": costs.OfGroup(dear, group, nodes).PerHour,
	} {
		if got < 1<<62 {
			t.Errorf("%s: %d", name, got)
		}
	}
}
