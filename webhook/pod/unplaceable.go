package pod

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// fields say what in a pod a reason of the planner is about. Reasons that are missing here are no business of admission: they pass, or
// depend on pods and volumes that may come later.
var fields = map[plan.Reason]*field.Path{
	plan.ReasonTooLarge:        field.NewPath("spec", "containers"),
	plan.ReasonNoMatchingGroup: field.NewPath("spec"),
	plan.ReasonHostPort:        field.NewPath("spec", "containers"),
	plan.ReasonGroupLimit:      field.NewPath("spec"),
}

// unplaceable asks the planner for a place for the pod alone, in a cluster whose nodes are empty.
func unplaceable(pod *corev1.Pod, supply *Supply) []Finding {
	if supply == nil {
		return nil
	}
	lone := alone(pod)
	nodes := supply.nodes.matching(lone)
	left := supply.place(lone, nodes, &supply.offers.largest)
	if sized := supply.offers.ofSize(lone); left != nil && sized != nil {
		left = supply.place(lone, nodes, sized)
	}
	if left == nil {
		return nil
	}
	path, ours := fields[left.Reason]
	if !ours {
		return nil
	}
	if left.Reason == plan.ReasonNoMatchingGroup {
		if unknown := unknownLabel(lone, supply); unknown != nil {
			return []Finding{*unknown}
		}
	}
	return []Finding{{
		Reason: Reason(left.Reason), Field: path, Message: left.Message + "; no existing node would do either",
		Doubt: left.Reason == plan.ReasonGroupLimit,
	}}
}

// place says why the pod is left without a place, or gives nil.
func (s *Supply) place(pod *corev1.Pod, nodes []plan.Node, from *offers) *plan.Unplaced {
	made := plan.Make(&plan.Snapshot{
		Pods: []*corev1.Pod{pod}, Nodes: nodes, Groups: from.groups, Offerings: from.offerings, Daemons: s.daemons, Policy: s.policy,
	})
	if len(made.Left) == 0 {
		return nil
	}
	return &made.Left[0]
}

// alone is the part of a pod that can be judged without other pods, and without its volumes and devices, all of which may come later.
func alone(pod *corev1.Pod) *corev1.Pod {
	lone := &corev1.Pod{}
	lone.Namespace, lone.Name = pod.Namespace, pod.Name
	lone.Spec.SchedulerName = pod.Spec.SchedulerName
	lone.Spec.Containers, lone.Spec.InitContainers = pod.Spec.Containers, pod.Spec.InitContainers
	lone.Spec.Resources, lone.Spec.Overhead = pod.Spec.Resources, pod.Spec.Overhead
	lone.Spec.NodeSelector, lone.Spec.Tolerations = pod.Spec.NodeSelector, pod.Spec.Tolerations
	if a := pod.Spec.Affinity; a != nil && a.NodeAffinity != nil && a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		lone.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution,
		}}
	}
	return lone
}

// unknownLabel finds a requirement that nothing meets by itself: the usual slip of the pen.
func unknownLabel(pod *corev1.Pod, supply *Supply) *Finding {
	for _, r := range selectorRequirements(pod) {
		if !supply.meets(r) {
			return supply.unknown(r)
		}
	}
	var first *requirement
	terms := requiredTerms(pod)
	for i := range terms {
		list := termRequirements(&terms[i], termsPath.Index(i))
		at := slices.IndexFunc(list, func(r requirement) bool { return !supply.meets(r) })
		if at < 0 {
			return nil // this term fails for another reason
		}
		if first == nil {
			first = &list[at]
		}
	}
	if first == nil {
		return nil
	}
	return supply.unknown(*first)
}

// unknown tells which values there are instead.
func (s *Supply) unknown(r requirement) *Finding {
	f := &Finding{Reason: ReasonUnknownLabel, Field: r.path, Value: r.String()}
	known := s.values[r.key]
	switch {
	case r.key == nameKey:
		f.Message = "there is no such node, and a new one gets a name of its own: select by labels"
	case known == nil:
		f.Message = "no node has this label, and no node group gives it: correct it, or add it to spec.labels of a NodeGroup"
	case len(known.list) == 0:
		f.Message = "no node has this value of the label, and no node group gives it: correct it"
	default:
		f.Message = fmt.Sprintf("no node has this value of the label, and no node group gives it: choose among %s", shorten(known.list))
	}
	return f
}
