package provisioner_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

func TestNodesAreNeverMoreThanTheLimitsAllow(t *testing.T) {
	tests := map[string]struct {
		maxNodes int32
		limits   plan.Limits
		want     int
	}{
		"maxNodes of the group": {maxNodes: 2, want: 2},
		"nodes of a plan":       {maxNodes: 10, limits: plan.Limits{MaxNewNodes: 3}, want: 3},
		"nodes of the cluster":  {maxNodes: 10, limits: plan.Limits{MaxNodes: 3}, want: 2},
		"CPU of the cluster":    {maxNodes: 10, limits: plan.Limits{MaxResources: cores("4")}, want: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, web().Max(test.maxNodes).Obj(), build.Node("by-hand").Ready().Allocatable("1", "1Gi").Obj())
			w.limits = test.limits
			w.restart(w.api)
			w.waiting(whole("a"), whole("b"), whole("c"), whole("d"), whole("e"))
			w.plan()
			if got := len(w.bought()); got != test.want || int(*w.group("web").Spec.DesiredNodes) != test.want {
				t.Errorf("%d VPSieNodes and desired %d, want %d", got, *w.group("web").Spec.DesiredNodes, test.want)
			}
		})
	}
}

// A node that is on its way out still costs: with it the cluster is as large as it may be.
func TestNothingIsBoughtBeforeANodeIsGoneThatUsesTheLimitUp(t *testing.T) {
	w := newWorld(t, web().Obj(), build.Node("old").Ready().Allocatable("1", "1Gi").Annotation(v1alpha1.AnnotationScaleDownStarted, "now").Obj())
	w.limits.MaxNodes = 1
	w.restart(w.api)
	w.waiting(whole("a"))
	w.plan()
	w.wantShopping()
	if seen := w.events.Seen(); len(seen) != 1 || !strings.HasPrefix(seen[0], "a NotProvisioned: ClusterLimit: ") {
		t.Errorf("events %q, want one for the cluster's limit", seen)
	}
}

func TestWishesOfGroupsDecide(t *testing.T) {
	cheap, dear := web().Obj(), build.NodeGroup("first").Offerings(fake.OfferingGeneral8).Obj()
	t.Run("priority before price", func(t *testing.T) {
		dear := dear.DeepCopy()
		dear.Spec.Priority = 1
		w := newWorld(t, cheap, dear)
		w.waiting(whole("a"))
		w.plan()
		w.wantShopping("first general-8: default/a")
	})
	t.Run("price without a priority", func(t *testing.T) {
		w := newWorld(t, cheap, dear)
		w.waiting(whole("a"))
		w.plan()
		w.wantShopping("web general-2: default/a")
	})
	for share, want := range map[float64]string{0.05: "general-2", 10: "general-8"} {
		t.Run("a preferred offering within the share goes to "+want, func(t *testing.T) {
			group := build.NodeGroup("web").Offerings(fake.OfferingGeneral2, fake.OfferingGeneral8).Obj()
			group.Spec.PreferredOfferingID = fake.OfferingGeneral8
			w := newWorld(t, group)
			w.policy.PreferenceShare = share
			w.restart(w.api)
			w.waiting(whole("a"))
			w.plan()
			w.wantShopping("web " + want + ": default/a")
		})
	}
}

func TestPodsBelowTheCutoffBuyNothing(t *testing.T) {
	w := newWorld(t, web().Obj())
	cutoff := int32(-10)
	w.policy.PriorityCutoff = &cutoff
	w.restart(w.api)
	for name, priority := range map[string]int32{"placeholder": -11, "ordinary": -10} {
		pod := whole(name).Unschedulable().Obj()
		pod.Spec.Priority = &priority
		w.demand.pods = append(w.demand.pods, pod)
	}
	w.plan()
	w.wantShopping("web general-2: default/ordinary")
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
