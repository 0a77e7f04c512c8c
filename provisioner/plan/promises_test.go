package plan_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// expects makes a node one that is on its way for pods.
func expects(names ...string) func(*plan.Node) {
	return func(n *plan.Node) {
		n.InFlight = true
		for _, name := range names {
			n.Expected = append(n.Expected, types.NamespacedName{Namespace: "default", Name: name})
		}
	}
}

func TestPodsStayWhereTheyWerePlanned(t *testing.T) {
	cpu := func(amount string) corev1.ResourceList { return resources("cpu", amount) }
	important := func(p *corev1.Pod) {
		priority := int32(1000)
		p.Spec.Priority = &priority
	}
	tests := []struct {
		name  string
		pods  []*corev1.Pod
		nodes []plan.Node
		want  map[string]string
	}{
		{"given two nodes that would do, then each pod goes to the one that expects it",
			[]*corev1.Pod{pod("a", cpu("1")), pod("b", cpu("1"))}, []plan.Node{node("m", expects("b")), node("n", expects("a"))},
			map[string]string{"a": "n", "b": "m"}},
		{"given a registered node that would do as well, then the expecting one is still used",
			[]*corev1.Pod{pod("a", cpu("1"))}, []plan.Node{node("m", nil), node("n", expects("a"))}, map[string]string{"a": "n"}},
		{"given a big pod that nobody expects, then the small ones keep their room",
			[]*corev1.Pod{pod("big", cpu("3")), pod("a", cpu("2")), pod("b", cpu("2"))}, []plan.Node{node("m", expects("a", "b")), node("n", expects())},
			map[string]string{"a": "m", "b": "m", "big": "n"}},
		{"given a more important pod, then those that are expected still keep their room",
			[]*corev1.Pod{pod("urgent", cpu("4"), important), pod("a", cpu("4"))}, []plan.Node{node("m", expects("a")), node("n", expects())},
			map[string]string{"a": "m", "urgent": "n"}},
		{"given more pods of one kind than a node expects, then the expected ones go there first",
			manyPods(3, cpu("2")), []plan.Node{node("m", expects("p002")), node("n", expects())},
			map[string]string{"p002": "m", "p000": "m", "p001": "n"}},
		{"given a node that turns out too small, then as many stay as fit, and the rest goes elsewhere",
			manyPods(3, cpu("2")), []plan.Node{node("m", expects("p000", "p001", "p002")), node("n", nil)},
			map[string]string{"p000": "m", "p001": "m", "p002": "n"}},
		{"given a node that two claim, then the first has it",
			[]*corev1.Pod{pod("a", cpu("1"))}, []plan.Node{node("n", expects("a")), node("m", expects("a"))}, map[string]string{"a": "m"}},
		{"given a pod that is gone, then nobody waits for it",
			[]*corev1.Pod{pod("a", cpu("4"))}, []plan.Node{node("m", expects("gone"))}, map[string]string{"a": "m"}},
		{"given a node that the pod may not have any more, then it goes elsewhere",
			[]*corev1.Pod{pod("a", cpu("1"))}, []plan.Node{node("m", func(n *plan.Node) {
				expects("a")(n)
				n.Taints = []corev1.Taint{{Key: "dedicated", Effect: corev1.TaintEffectNoSchedule}}
			}), node("n", nil)}, map[string]string{"a": "n"}},
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

// Whatever is bought for pods, a plan that is made again while the machines are on their way puts every pod where it was planned and buys
// nothing; and pods that come later change nothing of it.
func TestPlansThatAreMadeAgainAgree(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 7))
		market := plan.Snapshot{Groups: []plan.Group{group("g", func(g *plan.Group) { g.Max = 100 })}, Offerings: []plan.Offering{
			offering("s", "2", "4Gi", cents(2)), offering("m", "4", "16Gi", cents(4)), offering("l", "8", "32Gi", cents(7)),
		}}
		first := market
		first.Pods = drawPods(random, "early", 5+random.IntN(40))
		bought := plan.Make(&first)

		again := market
		again.Pods, again.Nodes = first.Pods, arriving(bought)
		planned := whereabouts(bought, again.Nodes)
		second := plan.Make(&again)
		if diff := cmp.Diff(planned, placement(second)); diff != "" || len(second.NewNodes) > 0 {
			t.Fatalf("seed %d: bought %d more, places (-planned +got):\n%s", seed, len(second.NewNodes), diff)
		}

		again.Pods = append(drawPods(random, "late", 1+random.IntN(20)), first.Pods...)
		third := placement(plan.Make(&again))
		for pod, node := range planned {
			if third[pod] != node {
				t.Fatalf("seed %d: pod %s was planned for %s, and goes to %q when others come", seed, pod, node, third[pod])
			}
		}
	}
}

func drawPods(random *rand.Rand, name string, n int) []*corev1.Pod {
	var drawn []*corev1.Pod
	for i := range n {
		cpu, memory := 100*(1+random.IntN(30)), 128*(1+random.IntN(40))
		drawn = append(drawn, pod(fmt.Sprintf("%s-%03d", name, i), resources("cpu", fmt.Sprintf("%dm", cpu), "memory", fmt.Sprintf("%dMi", memory))))
	}
	return drawn
}

// arriving are the bought nodes on their way.
func arriving(made *plan.Plan) []plan.Node {
	var nodes []plan.Node
	for i, bought := range made.NewNodes {
		node := plan.Node{Name: fmt.Sprintf("n%03d", i), Labels: bought.Offering.Labels, Allocatable: bought.Offering.Allocatable, InFlight: true}
		for _, pod := range bought.Pods {
			node.Expected = append(node.Expected, types.NamespacedName{Namespace: pod.Namespace, Name: pod.Name})
		}
		nodes = append(nodes, node)
	}
	return nodes
}

func whereabouts(made *plan.Plan, nodes []plan.Node) map[string]string {
	places := map[string]string{}
	for i, bought := range made.NewNodes {
		for _, pod := range bought.Pods {
			places[pod.Name] = nodes[i].Name
		}
	}
	return places
}
