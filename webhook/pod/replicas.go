package pod

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var antiAffinityPath = field.NewPath("spec", "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution")

// onlyOneReplica finds pods that keep their own kind out of a topology of which there is one domain only. A node without the label
// of the topology is in none, so every node must have it.
func onlyOneReplica(pod *corev1.Pod, supply *Supply) []Finding {
	if supply == nil || pod.Spec.Affinity == nil || pod.Spec.Affinity.PodAntiAffinity == nil {
		return nil
	}
	terms := pod.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	for i := range terms {
		known := supply.values[terms[i].TopologyKey]
		if known == nil || len(known.list) != 1 || known.places < supply.places || !aboutItself(pod, &terms[i]) {
			continue
		}
		return []Finding{{
			Reason: ReasonOnlyOneReplica, Field: antiAffinityPath.Index(i).Child("topologyKey"), Value: terms[i].TopologyKey, Doubt: true,
			Message: fmt.Sprintf("keeps replicas apart, and %s is its only value: a second one can never run; use %s", known.list[0], corev1.LabelHostname),
		}}
	}
	return nil
}

// aboutItself tells whether a term speaks of the pod's own labels. Terms with a selector of namespaces are left alone: whether it
// selects the pod's own is not known here.
func aboutItself(pod *corev1.Pod, term *corev1.PodAffinityTerm) bool {
	if term.NamespaceSelector != nil || len(term.Namespaces) > 0 && !slices.Contains(term.Namespaces, pod.Namespace) {
		return false
	}
	selector, err := metav1.LabelSelectorAsSelector(term.LabelSelector)
	if err != nil {
		return false
	}
	return selector.Matches(labels.Set(pod.Labels))
}
