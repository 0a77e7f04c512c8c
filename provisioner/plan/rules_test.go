package plan_test

import (
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// This file has the rules of Kubernetes by which the tests judge plans, written again and sharing no code with the planner.

// ask is what a pod takes. The random pods have one container, perhaps one init container, and overhead.
func ask(p *corev1.Pod, name corev1.ResourceName) int64 {
	if name == corev1.ResourcePods {
		return 1
	}
	worth := func(list corev1.ResourceList) int64 {
		q := list[name]
		return q.MilliValue()
	}
	most := int64(0)
	for _, c := range p.Spec.Containers {
		most += worth(c.Resources.Requests)
	}
	for _, c := range p.Spec.InitContainers {
		most = max(most, worth(c.Resources.Requests))
	}
	return most + worth(p.Spec.Overhead)
}

// roomFor tells whether pods that are all needed on one machine have room there, given those that run there.
func roomFor(allocatable corev1.ResourceList, running, pods []*corev1.Pod) error {
	if slots := allocatable[corev1.ResourcePods]; int64(len(running)+len(pods)) > slots.Value() && len(pods) > 0 {
		return fmt.Errorf("%d pods on %d slots", len(running)+len(pods), slots.Value())
	}
	for _, name := range []corev1.ResourceName{"cpu", "memory", "ephemeral-storage", "example.com/gpu"} {
		asked, taken := int64(0), int64(0)
		for _, p := range pods {
			asked += ask(p, name)
		}
		for _, p := range running {
			taken += ask(p, name)
		}
		if all := allocatable[name]; asked > 0 && asked+taken > all.MilliValue() {
			return fmt.Errorf("%s: %d and %d of %d", name, taken, asked, all.MilliValue())
		}
	}
	return nil
}

func tolerated(p *corev1.Pod, taint corev1.Taint) bool {
	if taint.Effect == corev1.TaintEffectPreferNoSchedule {
		return true
	}
	for _, t := range p.Spec.Tolerations {
		effect := t.Effect == "" || t.Effect == taint.Effect
		key := t.Key == taint.Key || t.Key == "" && t.Operator == corev1.TolerationOpExists
		if effect && key && (t.Operator == corev1.TolerationOpExists || t.Value == taint.Value) {
			return true
		}
	}
	return false
}

func matches(labels map[string]string, e corev1.NodeSelectorRequirement) bool {
	value, has := labels[e.Key]
	number, _ := strconv.Atoi(value)
	limit := 0
	if len(e.Values) > 0 {
		limit, _ = strconv.Atoi(e.Values[0])
	}
	switch e.Operator {
	case corev1.NodeSelectorOpIn:
		return has && slices.Contains(e.Values, value)
	case corev1.NodeSelectorOpNotIn:
		return !has || !slices.Contains(e.Values, value)
	case corev1.NodeSelectorOpExists:
		return has
	case corev1.NodeSelectorOpDoesNotExist:
		return !has
	case corev1.NodeSelectorOpGt:
		return has && number > limit
	default:
		return has && number < limit
	}
}

// admitted tells whether labels and taints let the pod in. The random pods have label expressions only.
func admitted(p *corev1.Pod, labels map[string]string, taints []corev1.Taint) bool {
	for key, value := range p.Spec.NodeSelector {
		if have, ok := labels[key]; !ok || have != value {
			return false
		}
	}
	for _, taint := range taints {
		if !tolerated(p, taint) {
			return false
		}
	}
	if p.Spec.Affinity == nil {
		return true
	}
	for _, term := range p.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		all := len(term.MatchExpressions) > 0
		for _, e := range term.MatchExpressions {
			all = all && matches(labels, e)
		}
		if all {
			return true
		}
	}
	return false
}

// machine is what a node of the group and the offering brings: labels, taints and the DaemonSets that land on it.
func machine(s *plan.Snapshot, g *plan.Group, o *plan.Offering) (labels map[string]string, daemons []*corev1.Pod) {
	labels = map[string]string{corev1.LabelHostname: "?"}
	for key, value := range o.Labels {
		labels[key] = value
	}
	for key, value := range g.Labels {
		labels[key] = value
	}
	for _, d := range s.Daemons {
		if admitted(d, labels, g.Taints) {
			daemons = append(daemons, d)
		}
	}
	return labels, daemons
}

func sells(g *plan.Group, o *plan.Offering) bool {
	return g.DatacenterID == o.DatacenterID && (len(g.OfferingIDs) == 0 || slices.Contains(g.OfferingIDs, o.ID))
}

func taintsOf(n *plan.Node) []corev1.Taint {
	if !n.Unschedulable {
		return n.Taints
	}
	return append(slices.Clone(n.Taints), corev1.Taint{Key: "node.kubernetes.io/unschedulable", Effect: corev1.TaintEffectNoSchedule})
}

// running are the pods that take room on a node, the DaemonSets of an arriving one included.
func running(s *plan.Snapshot, n *plan.Node) []*corev1.Pod {
	pods := slices.Clone(n.Pods)
	for _, d := range s.Daemons {
		if n.InFlight && admitted(d, n.Labels, taintsOf(n)) {
			pods = append(pods, d)
		}
	}
	return pods
}
