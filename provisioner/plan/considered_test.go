package plan_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// verdicts is the decision record of a new node as "offering: verdict".
func verdicts(node *plan.NewNode) []string {
	var lines []string
	for _, c := range node.Considered {
		lines = append(lines, c.Offering.ID+": "+c.Verdict)
	}
	return lines
}

func TestConsidered(t *testing.T) {
	soldOut := offering("gone", "4", "16Gi", cents(2))
	soldOut.SoldOut = true
	twin := offering("twin", "4", "16Gi", cents(4))
	arm := offering("arm", "4", "16Gi", cents(1))
	arm.Labels = map[string]string{corev1.LabelArchStable: "arm64"}
	onX86 := requiring(label(corev1.LabelArchStable, corev1.NodeSelectorOpNotIn, "arm64"))
	full := group("full", func(g *plan.Group) { g.Nodes, g.OfferingIDs = 10, []string{"bargain"} })
	rest := group("g", func(g *plan.Group) { g.OfferingIDs = []string{"small", "medium", "large", "gone", "arm", "twin"} })
	got := plan.Make(&plan.Snapshot{
		Pods:      append(manyPods(3, resources("cpu", "1")), pod("x86", resources("cpu", "1"), onX86)),
		Groups:    []plan.Group{rest, full},
		Offerings: append(market(), soldOut, arm, twin, offering("bargain", "8", "32Gi", cents(2))),
	})
	if len(got.NewNodes) != 1 {
		t.Fatalf("bought %v, want one node", bought(got))
	}
	want := []string{
		"arm: 1 of 4 pods cannot run there: its nodes do not match spec.affinity.nodeAffinity",
		"bargain: node group default/full is at maxNodes 10",
		"gone: sold out",
		"small: does not fit 2 of 4 pods: cpu",
		"medium: chosen",
	}
	if diff := cmp.Diff(want, verdicts(&got.NewNodes[0])); diff != "" {
		t.Errorf("considered (-want +got):\n%s", diff)
	}
}

func TestConsideredNamesTheNearestGroupOfAnOffering(t *testing.T) {
	tainted := group("a", func(g *plan.Group) { g.Taints = []corev1.Taint{{Key: "x", Effect: corev1.TaintEffectNoSchedule}} })
	full := group("b", func(g *plan.Group) { g.Nodes, g.OfferingIDs = 10, []string{"small"} })
	open := group("c", func(g *plan.Group) { g.OfferingIDs = []string{"medium"} })
	got := plan.Make(&plan.Snapshot{Pods: manyPods(1, resources("cpu", "1")), Groups: []plan.Group{tainted, full, open}, Offerings: market()})
	want := []string{"small: node group default/b is at maxNodes 10", "medium: chosen"}
	if diff := cmp.Diff(want, verdicts(&got.NewNodes[0])); diff != "" {
		t.Errorf("considered (-want +got):\n%s", diff)
	}
}

func TestConsideredIsBounded(t *testing.T) {
	var offers []plan.Offering
	for i := range 30 {
		offers = append(offers, offering(fmt.Sprintf("o%02d", i), fmt.Sprint(i+1), "64Gi", cents(int64(i+1))))
	}
	got := plan.Make(&plan.Snapshot{Pods: manyPods(1, resources("cpu", "25")), Groups: []plan.Group{group("g", nil)}, Offerings: offers})
	lines := verdicts(&got.NewNodes[0])
	if len(lines) != plan.MaxConsidered || lines[0] != "o09: does not fit 1 of 1 pods: cpu" || lines[len(lines)-1] != "o24: chosen" {
		t.Errorf("considered: got %d lines from %q to %q, want the chosen one and the %d below it", len(lines), lines[0], lines[len(lines)-1], plan.MaxConsidered-1)
	}
}
