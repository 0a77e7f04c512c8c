package plan_test

import (
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// cents is a price of so many hundredths of a dollar an hour.
func cents(n int64) money.PerHour { return money.PerHour(n * 10_000_000) }

// resources reads pairs of a resource name and a quantity.
func resources(pairs ...string) corev1.ResourceList {
	list := corev1.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		list[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return list
}

type podOption func(*corev1.Pod)

// pod is a waiting pod of one container that asks for the resources.
func pod(name string, requests corev1.ResourceList, options ...podOption) *corev1.Pod {
	p := &corev1.Pod{}
	p.Namespace, p.Name, p.UID = "default", name, types.UID("uid-"+name)
	p.Spec.Containers = []corev1.Container{{Name: "c", Resources: corev1.ResourceRequirements{Requests: requests}}}
	for _, option := range options {
		option(p)
	}
	return p
}

func selecting(key, value string) podOption {
	return func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{key: value} }
}

func tolerating(t corev1.Toleration) podOption {
	return func(p *corev1.Pod) { p.Spec.Tolerations = append(p.Spec.Tolerations, t) }
}

func requiring(terms ...corev1.NodeSelectorTerm) podOption {
	return func(p *corev1.Pod) {
		p.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: terms},
		}}
	}
}

// label is a node selector term with one expression on a label, field one on a field.
func label(key string, operator corev1.NodeSelectorOperator, values ...string) corev1.NodeSelectorTerm {
	return corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: key, Operator: operator, Values: values}}}
}

func field(key string, operator corev1.NodeSelectorOperator, values ...string) corev1.NodeSelectorTerm {
	return corev1.NodeSelectorTerm{MatchFields: []corev1.NodeSelectorRequirement{{Key: key, Operator: operator, Values: values}}}
}

// node is a registered node with 4 cores, 16Gi and 10 pod slots.
func node(name string, change func(*plan.Node)) plan.Node {
	n := plan.Node{Name: name, Allocatable: resources("cpu", "4", "memory", "16Gi", "pods", "10")}
	if change != nil {
		change(&n)
	}
	return n
}

// offering is on sale in data centre dc1 with 110 pod slots.
func offering(id, cpu, memory string, price money.PerHour) plan.Offering {
	return plan.Offering{ID: id, DatacenterID: "dc1", Price: price, Allocatable: resources("cpu", cpu, "memory", memory, "pods", "110")}
}

// group may buy up to 10 nodes of any offering of data centre dc1.
func group(name string, change func(*plan.Group)) plan.Group {
	g := plan.Group{Key: "default/" + name, Max: 10, ScaleUp: true, DatacenterID: "dc1"}
	if change != nil {
		change(&g)
	}
	return g
}

// bought lists the offerings of the new nodes in order of their names.
func bought(p *plan.Plan) []string {
	var ids []string
	for i := range p.NewNodes {
		ids = append(ids, p.NewNodes[i].Offering.ID)
	}
	slices.Sort(ids)
	return ids
}

// placement lists the node of each placed pod.
func placement(p *plan.Plan) map[string]string {
	nodes := map[string]string{}
	for _, placed := range p.Placed {
		nodes[placed.Pod.Name] = placed.Node
	}
	return nodes
}

// onlyLeft is the one pod that the plan leaves.
func onlyLeft(t *testing.T, p *plan.Plan) plan.Unplaced {
	t.Helper()
	if len(p.Left) != 1 {
		t.Fatalf("pods left: got %d, want 1: %v", len(p.Left), p.Left)
	}
	return p.Left[0]
}

// manyPods are equal but for their names.
func manyPods(n int, requests corev1.ResourceList, options ...podOption) []*corev1.Pod {
	pods := make([]*corev1.Pod, n)
	for i := range pods {
		pods[i] = pod(fmt.Sprintf("p%03d", i), requests, options...)
	}
	return pods
}
