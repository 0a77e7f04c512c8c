package provisioner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

// web is a group that sells only general-2.
func web() *build.NodeGroupBuilder { return build.NodeGroup("web").Offerings(fake.OfferingGeneral2) }

func TestPodsBecomeVPSieNodes(t *testing.T) {
	w := newWorld(t, web().Label("tier", "front").Taint("dedicated", "web", corev1.TaintEffectPreferNoSchedule).Obj())
	w.waiting(half("a"), half("b"), half("c"))
	w.plan()
	var pods []string
	for _, node := range w.bought() {
		if node.Spec.OfferingID != fake.OfferingGeneral2 {
			t.Errorf("bought %s", node.Spec.OfferingID)
		}
		pods = append(pods, node.Spec.Decision.Pods...)
	}
	if slices.Sort(pods); len(w.bought()) != 2 || !slices.Equal(pods, []string{"default/a", "default/b", "default/c"}) {
		t.Fatalf("%d VPSieNodes for %v, want two for the three pods", len(w.bought()), pods)
	}

	node := w.bought()[0]
	if !strings.HasPrefix(node.Name, prefix+"web-") || len(node.Name) > 63 || node.Name == w.bought()[1].Name {
		t.Errorf("host names %s and %s", node.Name, w.bought()[1].Name)
	}
	if owner := metav1.GetControllerOf(&node); owner == nil || owner.Kind != "NodeGroup" || owner.UID != build.UID("web") {
		t.Errorf("owner %v, want the NodeGroup", owner)
	}
	if diff := cmp.Diff([]string{v1alpha1.FinalizerVPSieNode}, node.Finalizers); diff != "" {
		t.Errorf("finalizers (-want +got):\n%s", diff)
	}
	wantLabels := map[string]string{
		v1alpha1.LabelManaged: "true", v1alpha1.LabelNodeGroup: "web", v1alpha1.LabelNodeGroupNamespace: build.Namespace, "tier": "front",
		v1alpha1.LabelDatacenter: fake.DatacenterAmsterdam, v1alpha1.LabelOffering: fake.OfferingGeneral2,
		v1alpha1.LabelCapacityType: "on-demand",
		corev1.LabelArchStable:     "amd64", corev1.LabelOSStable: "linux", corev1.LabelInstanceTypeStable: "general-2",
		corev1.LabelTopologyZone: fake.DatacenterAmsterdam, corev1.LabelTopologyRegion: fake.DatacenterAmsterdam,
	}
	if diff := cmp.Diff(wantLabels, node.Spec.Labels); diff != "" {
		t.Errorf("labels of the Node to come (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(w.group("web").Spec.Taints, node.Spec.Taints); diff != "" {
		t.Errorf("taints (-want +got):\n%s", diff)
	}
	if node.Spec.OSImageID != "image-default" || node.Spec.DatacenterID != fake.DatacenterAmsterdam {
		t.Errorf("image %s in %s", node.Spec.OSImageID, node.Spec.DatacenterID)
	}
	if node.Spec.Capacity.Cpu().Value() != 2 || node.Spec.Allocatable.Cpu().MilliValue() != 1930 {
		t.Errorf("capacity %v, allocatable %v", node.Spec.Capacity, node.Spec.Allocatable)
	}
}

func TestMachineGetsTheKeysOfTheConfigurationAndOfItsGroup(t *testing.T) {
	group := web().Desired(1).Obj()
	group.Spec.SSHKeyIDs = []string{"team", "ops", "team-2"}
	w := newWorld(t, group)
	w.keys = []string{"ops", "root"}
	w.restart(w.api)
	w.plan()
	if diff := cmp.Diff([]string{"ops", "root", "team", "team-2"}, w.bought()[0].Spec.SSHKeyIDs); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestPurchaseIsRecordedWithItsReasons(t *testing.T) {
	w := newWorld(t, build.NodeGroup("web").Obj())
	w.waiting(whole("a"))
	w.plan()
	decision := w.bought()[0].Spec.Decision
	if decision.Reason != v1alpha1.DecisionPendingPods || decision.PodCount != 1 || decision.PricePerHour != "$0.0611/h" || decision.PriceNanosPerHour != 61_111_111 {
		t.Errorf("decision %+v", decision)
	}
	chosen := map[string]string{}
	for _, considered := range decision.Considered {
		chosen[considered.Offering] = considered.Verdict
	}
	if chosen["general-2"] != "chosen" || chosen["starter-1"] == "" || chosen["starter-1"] == "chosen" {
		t.Errorf("considered: %v", chosen)
	}
	if got := int(*w.group("web").Spec.DesiredNodes); got != 1 {
		t.Errorf("desired %d, want 1", got)
	}
	if diff := cmp.Diff([]string{"web ScalingUp: buying 1 nodes for 1 pods: 1x general-2"}, w.events.Seen()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if got := testutil.ToFloat64(w.metrics.ScaleUps.WithLabelValues("web", build.Namespace)); got != 1 {
		t.Errorf("%v scale-ups counted, want 1", got)
	}
}

func TestGroupIsFilledToItsDesiredSize(t *testing.T) {
	w := newWorld(t, web().Min(2).Desired(2).Obj())
	w.plan()
	w.wantShopping("web general-2:", "web general-2:")
	if reason := w.bought()[0].Spec.Decision.Reason; reason != v1alpha1.DecisionDesiredNodes {
		t.Errorf("reason %s, want %s", reason, v1alpha1.DecisionDesiredNodes)
	}
	w.plan()
	if got := len(w.bought()); got != 2 {
		t.Errorf("%d VPSieNodes after a second plan, want 2", got)
	}
}

func TestHostNameIsValidForTheLongestGroup(t *testing.T) {
	name := strings.Repeat("a", 17) + "." + strings.Repeat("b", v1alpha1.MaxNodeGroupName-18)
	w := newWorld(t, build.NodeGroup(name).Min(1).Desired(1).Obj())
	w.plan()
	if got := w.bought()[0].Name; len(got) > 63 || strings.Contains(got, ".") {
		t.Errorf("host name %s of %d characters", got, len(got))
	}
}
