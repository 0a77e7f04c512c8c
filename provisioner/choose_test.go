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
)

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
