package scenario

import corev1 "k8s.io/api/core/v1"

const (
	required  = "requiredDuringSchedulingIgnoredDuringExecution"
	preferred = "preferredDuringSchedulingIgnoredDuringExecution"
)

// checkAffinity reports the terms that cannot be understood.
func checkAffinity(a *corev1.Affinity, wrong wrongFunc) {
	if a.NodeAffinity != nil {
		checkNodeAffinity(a.NodeAffinity, below(wrong, "affinity", "nodeAffinity"))
	}
	if a.PodAffinity != nil {
		checkPodTerms(a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution,
			a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution, below(wrong, "affinity", "podAffinity"))
	}
	if a.PodAntiAffinity != nil {
		checkPodTerms(a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution,
			a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution, below(wrong, "affinity", "podAntiAffinity"))
	}
}

func checkNodeAffinity(a *corev1.NodeAffinity, wrong wrongFunc) {
	if r := a.RequiredDuringSchedulingIgnoredDuringExecution; r != nil {
		for i := range r.NodeSelectorTerms {
			checkNodeTerm(&r.NodeSelectorTerms[i], below(wrong, required, "nodeSelectorTerms", i))
		}
	}
	for i := range a.PreferredDuringSchedulingIgnoredDuringExecution {
		checkNodeTerm(&a.PreferredDuringSchedulingIgnoredDuringExecution[i].Preference, below(wrong, preferred, i, "preference"))
	}
}

func checkNodeTerm(term *corev1.NodeSelectorTerm, wrong wrongFunc) {
	check := func(list string, requirements []corev1.NodeSelectorRequirement) {
		for i := range requirements {
			oneOf(string(requirements[i].Operator), below(wrong, list, i, "operator"),
				"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
		}
	}
	check("matchExpressions", term.MatchExpressions)
	check("matchFields", term.MatchFields)
}

func checkPodTerms(hard []corev1.PodAffinityTerm, soft []corev1.WeightedPodAffinityTerm, wrong wrongFunc) {
	for i := range hard {
		checkPodTerm(&hard[i], below(wrong, required, i))
	}
	for i := range soft {
		checkPodTerm(&soft[i].PodAffinityTerm, below(wrong, preferred, i, "podAffinityTerm"))
	}
}

func checkPodTerm(term *corev1.PodAffinityTerm, wrong wrongFunc) {
	if term.TopologyKey == "" {
		wrong("want the key of a label of nodes, such as topology.kubernetes.io/zone", "topologyKey")
	}
	if message := badSelector(term.LabelSelector); message != "" {
		wrong(message, "labelSelector")
	}
	if message := badSelector(term.NamespaceSelector); message != "" {
		wrong(message, "namespaceSelector")
	}
}
