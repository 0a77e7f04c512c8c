package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

func TestPlacementOnNodes(t *testing.T) {
	inFlight := func(n *plan.Node) { n.InFlight = true }
	halfFull := func(n *plan.Node) { n.Pods = []*corev1.Pod{pod("r", resources("cpu", "2"))} }
	tests := []struct {
		name  string
		pods  []*corev1.Pod
		nodes []plan.Node
		want  map[string]string
	}{
		{"given a registered and an arriving node, then the registered one is used",
			manyPods(1, resources("cpu", "1")), []plan.Node{node("a", inFlight), node("b", nil)}, map[string]string{"p000": "b"}},
		{"given a full registered node, then the arriving one is used",
			manyPods(1, resources("cpu", "3")), []plan.Node{node("a", inFlight), node("b", halfFull)}, map[string]string{"p000": "a"}},
		{"given an empty and a half-full node, then the half-full one is filled",
			manyPods(1, resources("cpu", "1")), []plan.Node{node("a", nil), node("b", halfFull)}, map[string]string{"p000": "b"}},
		{"given equal nodes, then they are filled by name",
			manyPods(2, resources("cpu", "3")), []plan.Node{node("b", nil), node("a", nil)}, map[string]string{"p000": "a", "p001": "b"}},
		{"given a small pod with the first name, then the big one still gets the node",
			[]*corev1.Pod{pod("a", resources("cpu", "1")), pod("b", resources("cpu", "4"))}, []plan.Node{node("n", nil)}, map[string]string{"b": "n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := plan.Make(&plan.Snapshot{Pods: tt.pods, Nodes: tt.nodes})
			if diff := cmp.Diff(tt.want, placement(got)); diff != "" {
				t.Errorf("placed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlacementPrefersPodsThatHaveNoOtherPlace(t *testing.T) {
	taken := group("g", func(g *plan.Group) {
		g.Taints = []corev1.Taint{{Key: "dedicated", Effect: corev1.TaintEffectNoSchedule}}
	})
	tolerant := pod("tolerant", resources("cpu", "4"), tolerating(corev1.Toleration{Operator: corev1.TolerationOpExists}))
	got := plan.Make(&plan.Snapshot{Pods: []*corev1.Pod{tolerant, pod("plain", resources("cpu", "2"))}, Nodes: []plan.Node{node("n", nil)},
		Groups: []plan.Group{taken}, Offerings: []plan.Offering{offering("o", "4", "16Gi", cents(1))}})
	if placement(got)["plain"] != "n" || len(got.NewNodes) != 1 || len(got.Left) != 0 {
		t.Errorf("got placed %v, bought %v, left %v; want the plain pod on n and a node for the tolerant one", placement(got), bought(got), got.Left)
	}
}

func TestNothingIsBoughtWhilePodsFitOnNodes(t *testing.T) {
	got := plan.Make(&plan.Snapshot{Pods: manyPods(4, resources("cpu", "2")),
		Nodes:  []plan.Node{node("a", nil), node("b", func(n *plan.Node) { n.InFlight = true })},
		Groups: []plan.Group{group("g", nil)}, Offerings: []plan.Offering{offering("o", "4", "16Gi", cents(1))}})
	if len(got.Placed) != 4 || len(got.NewNodes) != 0 || got.Price != 0 || got.LowerBound != 0 {
		t.Errorf("got %d placed, bought %v for %v (bound %v); want 4 placed and nothing bought", len(got.Placed), bought(got), got.Price, got.LowerBound)
	}
}

func TestDaemonsOnNodes(t *testing.T) {
	owned := func(p *corev1.Pod) {
		yes := true
		p.OwnerReferences = []metav1.OwnerReference{{Kind: "DaemonSet", Name: "agent", UID: types.UID("ds"), Controller: &yes}}
	}
	agent := pod("agent", resources("cpu", "1"), owned)
	running := pod("agent-x", resources("cpu", "1"), owned)
	tests := []struct {
		name string
		node plan.Node
		cpu  string
		want bool
	}{
		{"given an arriving node, then room is kept for the DaemonSet", node("n", func(n *plan.Node) { n.InFlight = true }), "3500m", false},
		{"given an arriving node, then the rest is for pods", node("n", func(n *plan.Node) { n.InFlight = true }), "3", true},
		{"given an arriving node where the DaemonSet runs already, then room is kept once",
			node("n", func(n *plan.Node) { n.InFlight, n.Pods = true, []*corev1.Pod{running} }), "3", true},
		{"given an arriving node that the DaemonSet does not tolerate, then no room is kept", node("n", func(n *plan.Node) {
			n.InFlight, n.Taints = true, []corev1.Taint{{Key: "special", Effect: corev1.TaintEffectNoSchedule}}
		}), "4", true},
		{"given a registered node, then only its pods count", node("n", nil), "4", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			waiting := pod("p", resources("cpu", tt.cpu), tolerating(corev1.Toleration{Key: "special", Operator: corev1.TolerationOpExists}))
			got := plan.Make(&plan.Snapshot{Pods: []*corev1.Pod{waiting}, Nodes: []plan.Node{tt.node}, Daemons: []*corev1.Pod{agent}})
			if placed := len(got.Placed) == 1; placed != tt.want {
				t.Errorf("placed: got %v, want %v", placed, tt.want)
			}
		})
	}
}
