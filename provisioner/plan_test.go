package provisioner_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

// web is a group that sells only general-2.
func web() *build.NodeGroupBuilder { return build.NodeGroup("web").Offerings(fake.OfferingGeneral2) }

func TestPodsBecomeVPSieNodes(t *testing.T) {
	w := newWorld(t, web().Label("tier", "front").Taint("dedicated", "web", corev1.TaintEffectPreferNoSchedule).Obj())
	w.waiting(half("a"), half("b"), half("c"))
	w.plan()
	w.wantShopping("web general-2: default/a default/b", "web general-2: default/c")

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
		corev1.LabelArchStable: "amd64", corev1.LabelOSStable: "linux", corev1.LabelInstanceTypeStable: "general-2",
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

func TestDesiredIsRaisedBeforeAnythingIsBoughtAndFilledUpAfterACrash(t *testing.T) {
	for _, survived := range []int{0, 1, 2} {
		w := newWorld(t, web().Obj())
		died := errors.New("the process has died")
		var created atomic.Int64
		w.restart(build.Watched(w.api, func(call build.Call, object any, act func() error) error {
			if _, isNode := object.(*v1alpha1.VPSieNode); call == build.OnCreate && isNode && created.Add(1) > int64(survived) {
				return died
			}
			return act()
		}))
		w.waiting(whole("a"), whole("b"), whole("c"))
		if err := w.provisioner.Plan(t.Context()); !errors.Is(err, died) {
			t.Fatalf("Plan: %v, want the crash", err)
		}
		if got := *w.group("web").Spec.DesiredNodes; got != 3 || len(w.bought()) != survived {
			t.Fatalf("at the crash desired is %d with %d VPSieNodes, want 3 and %d", got, len(w.bought()), survived)
		}
		w.restart(w.api)
		for range 3 {
			w.plan()
		}
		if got := *w.group("web").Spec.DesiredNodes; got != 3 || len(w.bought()) != 3 {
			t.Errorf("crash after %d: in the end desired is %d with %d VPSieNodes, want 3 and 3", survived, got, len(w.bought()))
		}
	}
}

func TestNothingIsBoughtTwiceWhileTheCacheLags(t *testing.T) {
	w := newWorld(t, web().Obj())
	w.restart(build.Watched(w.api, func(call build.Call, object any, act func() error) error {
		if _, nodes := object.(*v1alpha1.VPSieNodeList); nodes && call == build.OnList {
			return nil // the cache shows none of them yet
		}
		return act()
	}))
	w.waiting(whole("a"), whole("b"))
	for range 3 {
		w.plan()
	}
	if got := len(w.bought()); got != 2 {
		t.Errorf("%d VPSieNodes, want 2", got)
	}
}

func TestNothingIsBoughtOnAnOutdatedGroup(t *testing.T) {
	w := newWorld(t, web().Obj())
	old := w.group("web")
	changed := w.group("web")
	changed.Spec.MaxNodes = 0
	if err := w.api.Update(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	w.restart(build.Watched(w.api, func(call build.Call, object any, act func() error) error {
		if groups, ok := object.(*v1alpha1.NodeGroupList); ok && call == build.OnList {
			groups.Items = []v1alpha1.NodeGroup{*old.DeepCopy()}
			return nil
		}
		return act()
	}))
	w.waiting(whole("a"))
	if err := w.provisioner.Plan(t.Context()); !apierrors.IsConflict(err) {
		t.Errorf("Plan: %v, want a conflict", err)
	}
	w.wantShopping()
}

func TestPodsThatHaveAPlaceBuyNothing(t *testing.T) {
	tests := map[string][]client.Object{
		"on a node that is bought and awaited": {web().Desired(1).Obj(), build.VPSieNode("prod-web-1", "web").Obj()},
		"on a node that has joined and is not set up": {
			web().Desired(1).Obj(),
			build.VPSieNode("prod-web-1", "web").Obj(),
			build.Node("prod-web-1").NotReady().Allocatable("1930m", "6Gi").
				Taint(v1alpha1.TaintUninitialized, "", corev1.TaintEffectNoSchedule).
				Taint(corev1.TaintNodeNotReady, "", corev1.TaintEffectNoSchedule).Obj(),
		},
		"on a node that is ready": {
			web().Desired(1).Obj(), build.VPSieNode("prod-web-1", "web").Ready().Obj(), build.Node("prod-web-1").Ready().Allocatable("1930m", "6Gi").Obj(),
		},
		"on a node that is not ours": {web().Obj(), build.Node("by-hand").Ready().Allocatable("4", "8Gi").Obj()},
	}
	for name, objects := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, objects...)
			before := len(w.bought())
			w.waiting(half("a"), half("b"))
			w.plan()
			if got := len(w.bought()); got != before {
				t.Errorf("%d VPSieNodes bought", got-before)
			}
		})
	}
}

func TestNodesThatLeaveHoldNoPod(t *testing.T) {
	tests := map[string][]client.Object{
		"a VPSieNode that is deleted": {
			build.VPSieNode("prod-web-1", "web").Ready().Deleting().Obj(), build.Node("prod-web-1").Ready().Allocatable("1930m", "6Gi").Obj(),
		},
		"a Node that is being scaled down": {
			build.VPSieNode("prod-web-1", "web").Ready().Obj(),
			build.Node("prod-web-1").Ready().Allocatable("1930m", "6Gi").Annotation(v1alpha1.AnnotationScaleDownStarted, "now").Obj(),
		},
		"a Node that has vanished": {
			build.VPSieNode("prod-web-1", "web").Condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNodeMissing).Obj(),
		},
		"a Node that is full": {
			build.VPSieNode("prod-web-1", "web").Ready().Obj(), build.Node("prod-web-1").Ready().Allocatable("1930m", "6Gi").Obj(), whole("x").On("prod-web-1").Obj(),
		},
		"a Node that preemption makes room on for another": {
			build.VPSieNode("prod-web-1", "web").Ready().Obj(), build.Node("prod-web-1").Ready().Allocatable("1930m", "6Gi").Obj(), whole("x").Nominated("prod-web-1").Obj(),
		},
	}
	for name, objects := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, append(objects, web().Desired(1).Obj())...)
			w.waiting(whole("a"))
			w.plan()
			w.wantShopping("web general-2:", "web general-2: default/a")
		})
	}
}

func TestNodesThatLeaveStillUseUpTheMaximum(t *testing.T) {
	w := newWorld(t, web().Max(1).Obj(), build.VPSieNode("prod-web-1", "web").Ready().Deleting().Obj())
	w.waiting(whole("a"))
	w.plan()
	if got := len(w.bought()); got != 1 {
		t.Errorf("%d VPSieNodes with a maximum of 1", got)
	}
	if got := *w.group("web").Spec.DesiredNodes; got != 0 {
		t.Errorf("desired %d, want 0", got)
	}
	if got := testutil.ToFloat64(w.metrics.UnplacedPods.WithLabelValues("GroupLimit")); got != 1 {
		t.Errorf("%v pods counted as held back by the group's limit, want 1", got)
	}
}

func TestNodesAreNeverMoreThanMaxNodesOrThePlansLimit(t *testing.T) {
	tests := map[string]struct {
		maxNodes    int32
		limit, want int
	}{
		"maxNodes":         {maxNodes: 2, want: 2},
		"the plan's limit": {maxNodes: 10, limit: 3, want: 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, web().Max(test.maxNodes).Obj())
			w.limit = test.limit
			w.restart(w.api)
			w.waiting(whole("a"), whole("b"), whole("c"), whole("d"), whole("e"))
			w.plan()
			if got := len(w.bought()); got != test.want || int(*w.group("web").Spec.DesiredNodes) != test.want {
				t.Errorf("%d VPSieNodes and desired %d, want %d", got, *w.group("web").Spec.DesiredNodes, test.want)
			}
		})
	}
}

func TestGroupWithScaleUpOffGrowsForNoPodAndKeepsItsMinimum(t *testing.T) {
	w := newWorld(t, web().ScaleUp(false).Min(1).Desired(1).Obj())
	w.waiting(whole("a"), whole("b"))
	w.plan()
	w.plan()
	if got := len(w.bought()); got != 1 {
		t.Errorf("%d VPSieNodes, want the minimum of 1", got)
	}
	if enabled := w.group("web").Spec.ScaleUpPolicy.Enabled; enabled == nil || *enabled {
		t.Error("the write of the desired count switched scale-up on")
	}
}

func TestEachPodGoesToAGroupThatSuitsItAtTheLowestPrice(t *testing.T) {
	w := newWorld(t,
		web().Obj(),
		build.NodeGroup("big").Offerings(fake.OfferingGeneral8).Obj(),
		build.NodeGroup("north").Offerings(fake.OfferingGeneral2).Datacenter(fake.DatacenterHelsinki).Label("place", "north").Taint("cold", "", corev1.TaintEffectNoSchedule).Obj(),
	)
	tolerant := whole("tolerant").Selects("place", "north").Obj()
	tolerant.Spec.Tolerations = []corev1.Toleration{{Key: "cold", Operator: corev1.TolerationOpExists}}
	w.demand.pods = []*corev1.Pod{whole("plain").Obj(), build.Pod("large").Requests("6", "16Gi").Obj(), tolerant, whole("misled").Selects("place", "north").Obj()}
	w.plan()
	w.wantShopping("big general-8: default/large default/plain", "north general-2: default/tolerant")
	if seen := strings.Join(w.events.Seen(), "\n"); !strings.Contains(seen, "misled NotProvisioned: NoMatchingGroup") {
		t.Errorf("events:\n%s\nwant one for the pod that no group suits", seen)
	}
}

func TestDaemonSetsTakeTheirPlaceFirst(t *testing.T) {
	set := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "logs"}}
	set.Spec.Template.Spec = build.Pod("logs").Requests("200m", "256Mi").Obj().Spec
	w := newWorld(t, web().Obj(), set)
	w.waiting(half("a"), half("b"))
	w.plan()
	w.wantShopping("web general-2: default/a", "web general-2: default/b")
}

func TestUnknownMarketBuysNothing(t *testing.T) {
	w := newWorld(t, web().Obj())
	w.cloud.FailNext(fake.OpOfferings, cloud.ErrTransient)
	w.waiting(whole("a"))
	if err := w.provisioner.Plan(t.Context()); !errors.Is(err, cloud.ErrTransient) {
		t.Errorf("Plan: %v, want the cloud's error", err)
	}
	w.wantShopping()
	w.plan()
	w.wantShopping("web general-2: default/a")
}

func TestADatacenterThatDoesNotAnswerDoesNotHoldTheOthersUp(t *testing.T) {
	w := newWorld(t, build.NodeGroup("lost").Datacenter("no-such-place").Obj(), web().Obj())
	w.waiting(whole("a"))
	if err := w.provisioner.Plan(t.Context()); !errors.Is(err, cloud.ErrNotFound) {
		t.Errorf("Plan: %v, want the cloud's error", err)
	}
	w.wantShopping("web general-2: default/a")
}

func TestGroupThatIsBeingDeletedBuysNothing(t *testing.T) {
	w := newWorld(t, web().Min(1).Obj())
	if err := w.api.Delete(t.Context(), w.group("web")); err != nil {
		t.Fatal(err)
	}
	w.waiting(whole("a"))
	w.plan()
	w.wantShopping()
}

func TestPodIsToldOnceForEachReason(t *testing.T) {
	w := newWorld(t, web().Max(0).Obj())
	w.waiting(whole("a"))
	w.plan()
	w.plan()
	if seen := w.events.Seen(); len(seen) != 1 || !strings.HasPrefix(seen[0], "a NotProvisioned: GroupLimit: ") {
		t.Errorf("events %q, want one for the group's limit", seen)
	}
	group := w.group("web")
	group.Spec.MaxNodes, group.Spec.OfferingIDs = 5, []string{fake.OfferingStarter1}
	if err := w.api.Update(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	w.plan()
	if seen := w.events.Seen(); len(seen) != 2 || !strings.HasPrefix(seen[1], "a NotProvisioned: TooLarge: ") {
		t.Errorf("events %q, want another for the new reason", seen)
	}
	w.waiting()
	w.plan()
	w.waiting(whole("a"))
	w.plan()
	if seen := w.events.Seen(); len(seen) != 3 {
		t.Errorf("events %q, want another after the pod had a place in between", seen)
	}
}

func TestSoldOutOfferingIsAvoidedForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, build.NodeGroup("web").Offerings(fake.OfferingGeneral2, fake.OfferingGeneral8).Obj())
		w.market.MarkSoldOut(fake.DatacenterAmsterdam, fake.OfferingGeneral2)
		w.market.MarkSoldOut(fake.DatacenterHelsinki, fake.OfferingGeneral8)
		w.waiting(whole("a"))
		w.plan()
		w.wantShopping("web general-8: default/a")

		time.Sleep(10 * time.Minute)
		w.waiting(build.Pod("b").Requests("1900m", "4Gi").Selects(v1alpha1.LabelOffering, fake.OfferingGeneral2))
		w.plan()
		w.wantShopping("web general-2: default/b", "web general-8: default/a")
	})
}

func TestHostNameIsValidForTheLongestGroup(t *testing.T) {
	name := strings.Repeat("a", 17) + "." + strings.Repeat("b", v1alpha1.MaxNodeGroupName-18)
	w := newWorld(t, build.NodeGroup(name).Min(1).Desired(1).Obj())
	w.plan()
	if got := w.bought()[0].Name; len(got) > 63 || strings.Contains(got, ".") {
		t.Errorf("host name %s of %d characters", got, len(got))
	}
}
