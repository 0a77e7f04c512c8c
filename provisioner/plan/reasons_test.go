package plan_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

func TestReasons(t *testing.T) {
	change := func(i int, f func(*plan.Offering)) []plan.Offering {
		offers := market()
		f(&offers[i])
		return offers
	}
	soldOut := func(o *plan.Offering) { o.SoldOut = true }
	one := func(change func(*plan.Group)) []plan.Group { return []plan.Group{group("g", change)} }
	full := func(g *plan.Group) { g.Nodes = 10 }
	off := func(g *plan.Group) { g.ScaleUp = false }
	tainted := func(g *plan.Group) {
		g.Taints = []corev1.Taint{{Key: "dedicated", Value: "db", Effect: corev1.TaintEffectNoSchedule}}
	}
	tests := []struct {
		name    string
		pod     *corev1.Pod
		groups  []plan.Group
		offers  []plan.Offering
		reason  plan.Reason
		message string
	}{
		{"no group", pod("p", nil), nil, market(), plan.ReasonNoMatchingGroup, "there is no node group"},
		{"no offering", pod("p", nil), one(nil), nil, plan.ReasonNoMatchingGroup, "node group default/g has no offering in datacenter dc1"},
		{"selector", pod("p", nil, selecting("disk", "ssd")), one(nil), market(), plan.ReasonNoMatchingGroup,
			"node group default/g with offering small is nearest, but its nodes have no label disk=ssd, which spec.nodeSelector asks for"},
		{"affinity", pod("p", nil, requiring(label("disk", corev1.NodeSelectorOpExists))), one(nil), market(), plan.ReasonNoMatchingGroup,
			"node group default/g with offering small is nearest, but its nodes do not match spec.affinity.nodeAffinity"},
		{"taint", pod("p", nil), one(tainted), market(), plan.ReasonNoMatchingGroup,
			"node group default/g with offering small is nearest, but its taint dedicated=db:NoSchedule is not tolerated"},
		{"the nearest group fails last", pod("p", nil, selecting("disk", "ssd")),
			[]plan.Group{group("a", nil), group("b", func(g *plan.Group) { tainted(g); g.Labels = map[string]string{"disk": "ssd"} })}, market(),
			plan.ReasonNoMatchingGroup, "node group default/b with offering small is nearest, but its taint dedicated=db:NoSchedule is not tolerated"},
		{"too large", pod("p", resources("cpu", "40", "memory", "1Gi")), one(nil), change(2, func(o *plan.Offering) {
			o.Name, o.Allocatable = "C-16", resources("cpu", "15100m", "memory", "60Gi", "pods", "110")
		}), plan.ReasonTooLarge, "needs 40 cpu, the largest suitable offering C-16 leaves 15.1 cpu"},
		{"too large in two ways", pod("p", resources("cpu", "40", "memory", "100Gi")), one(nil), market(),
			plan.ReasonTooLarge, "needs 40 cpu and 100Gi memory, the largest suitable offering large leaves 16 cpu and 64Gi memory"},
		{"a device that nobody sells", pod("p", resources("example.com/gpu", "1")), one(nil), market(),
			plan.ReasonTooLarge, "needs 1 example.com/gpu, the largest suitable offering small leaves 0 example.com/gpu"},
		{"sold out", pod("p", resources("cpu", "10")), one(nil), change(2, soldOut), plan.ReasonSoldOut, "sold out: large"},
		{"group at its maximum", pod("p", resources("cpu", "10")), one(full), market(), plan.ReasonGroupLimit, "node group default/g is at maxNodes 10"},
		{"scale-up switched off", pod("p", resources("cpu", "10")), one(off), market(), plan.ReasonGroupLimit,
			"scale-up of node group default/g is switched off"},
		{"many groups that cannot grow", pod("p", nil), []plan.Group{group("d", full), group("c", full), group("b", full), group("a", off)}, market(),
			plan.ReasonGroupLimit, "node group default/b is at maxNodes 10; node group default/c is at maxNodes 10; node group default/d is at maxNodes 10 and 1 more"},
		{"one group is full and the offering of the other is sold out", pod("p", resources("cpu", "10")),
			[]plan.Group{group("a", full), group("b", nil)}, change(2, soldOut), plan.ReasonSoldOut, "sold out: large"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			left := onlyLeft(t, plan.Make(&plan.Snapshot{Pods: []*corev1.Pod{tt.pod}, Groups: tt.groups, Offerings: tt.offers}))
			if left.Reason != tt.reason || left.Message != tt.message {
				t.Errorf("got  %s: %s\nwant %s: %s", left.Reason, left.Message, tt.reason, tt.message)
			}
		})
	}
}

func TestReasonAfterThePlanUsedUpTheGroup(t *testing.T) {
	got := plan.Make(&plan.Snapshot{Pods: manyPods(2, resources("cpu", "16")), Offerings: market(),
		Groups: []plan.Group{group("g", func(g *plan.Group) { g.Nodes = 9 })}})
	if left := onlyLeft(t, got); left.Reason != plan.ReasonGroupLimit {
		t.Errorf("reason: got %s, want %s", left.Reason, plan.ReasonGroupLimit)
	}
}
