package snapshots

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// addTopology draws the hard rules between pods.
func (d *dice) addTopology(pod *corev1.Pod) {
	if d.one(6) {
		affinity(pod).PodAffinity = &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: d.podTerms(pod)}
	}
	if d.one(5) {
		affinity(pod).PodAntiAffinity = &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: d.podTerms(pod)}
	}
	if d.one(4) {
		d.addSpread(pod, corev1.DoNotSchedule)
	}
}

func (d *dice) topologyKey() string {
	return pick(d, corev1.LabelTopologyZone, corev1.LabelTopologyZone, corev1.LabelHostname, corev1.LabelHostname, rack)
}

func (d *dice) podTerms(pod *corev1.Pod) []corev1.PodAffinityTerm {
	terms := []corev1.PodAffinityTerm{d.podTerm(pod)}
	if d.one(6) {
		terms = append(terms, d.podTerm(pod))
	}
	return terms
}

// podTerm is about pods like the pod itself half of the time. Label keys to match are merged into the selector, as the API server does
// before it stores a pod.
func (d *dice) podTerm(pod *corev1.Pod) corev1.PodAffinityTerm {
	term := corev1.PodAffinityTerm{TopologyKey: d.topologyKey(), LabelSelector: d.podSelector(pod)}
	switch d.IntN(8) {
	case 0:
		term.Namespaces = some(d, "default", "shop", "bank")
	case 1:
		term.NamespaceSelector = &metav1.LabelSelector{} // every namespace
	case 2:
		term.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": pick(d, "red", "blue")}}
	case 3:
		term.Namespaces = []string{"default"}
		term.NamespaceSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "env", Operator: pick(d, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist)}}}
	}
	if term.LabelSelector != nil && d.one(5) {
		key, operator := "version", metav1.LabelSelectorOpIn
		if d.one(2) {
			term.MatchLabelKeys = []string{key}
		} else {
			term.MismatchLabelKeys, operator = []string{key}, metav1.LabelSelectorOpNotIn
		}
		merge(term.LabelSelector, pod, key, operator)
	}
	return term
}

// merge adds a requirement with the pod's own value of a label, when it has the label.
func merge(selector *metav1.LabelSelector, pod *corev1.Pod, key string, operator metav1.LabelSelectorOperator) {
	if value, ok := pod.Labels[key]; ok {
		selector.MatchExpressions = append(selector.MatchExpressions,
			metav1.LabelSelectorRequirement{Key: key, Operator: operator, Values: []string{value}})
	}
}

// podSelector never mentions the label version, which is left for label keys.
func (d *dice) podSelector(pod *corev1.Pod) *metav1.LabelSelector {
	switch d.IntN(10) {
	case 0:
		return &metav1.LabelSelector{} // every pod
	case 1:
		return &metav1.LabelSelector{MatchLabels: map[string]string{"tier": pick(d, "web", "db")}}
	case 2:
		operator := pick(d, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist)
		return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "tier", Operator: operator}}}
	case 3:
		operator := pick(d, metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn)
		return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "app", Operator: operator, Values: some(d, "x", "y", "z")}}}
	case 4:
		if d.one(4) {
			return nil // no pod
		}
		return &metav1.LabelSelector{MatchLabels: map[string]string{"app": pick(d, "x", "y", "z")}}
	default:
		return &metav1.LabelSelector{MatchLabels: map[string]string{"app": pod.Labels["app"]}}
	}
}

// addSpread adds constraints of one kind; no two have one topology key, which the API server refuses.
func (d *dice) addSpread(pod *corev1.Pod, unsatisfiable corev1.UnsatisfiableConstraintAction) {
	keys := []string{d.topologyKey()}
	if other := d.topologyKey(); d.one(3) && other != keys[0] {
		keys = append(keys, other)
	}
	for _, key := range keys {
		c := corev1.TopologySpreadConstraint{TopologyKey: key, MaxSkew: int32(pick(d, 1, 1, 1, 2, 3)), WhenUnsatisfiable: unsatisfiable,
			LabelSelector: d.podSelector(pod)}
		if unsatisfiable == corev1.DoNotSchedule && d.one(4) {
			domains := int32(1 + d.IntN(4))
			c.MinDomains = &domains
		}
		if d.one(4) {
			policy := pick(d, corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore)
			c.NodeAffinityPolicy = &policy
		}
		if d.one(4) {
			policy := pick(d, corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore)
			c.NodeTaintsPolicy = &policy
		}
		if c.LabelSelector != nil && d.one(4) {
			c.MatchLabelKeys = []string{"version"}
			merge(c.LabelSelector, pod, "version", metav1.LabelSelectorOpIn)
		}
		pod.Spec.TopologySpreadConstraints = append(pod.Spec.TopologySpreadConstraints, c)
	}
}

// addPreferences draws soft rules, which never keep a pod from running.
func (d *dice) addPreferences(pod *corev1.Pod) {
	weight := int32(1 + d.IntN(100))
	switch d.IntN(4) {
	case 0:
		nodeAffinity(pod).PreferredDuringSchedulingIgnoredDuringExecution = []corev1.PreferredSchedulingTerm{{Weight: weight, Preference: d.nodeTerm()}}
	case 1:
		if len(pod.Spec.TopologySpreadConstraints) == 0 {
			d.addSpread(pod, corev1.ScheduleAnyway)
		}
	case 2:
		if affinity(pod).PodAffinity == nil {
			pod.Spec.Affinity.PodAffinity = &corev1.PodAffinity{}
		}
		pod.Spec.Affinity.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution = []corev1.WeightedPodAffinityTerm{
			{Weight: weight, PodAffinityTerm: d.podTerm(pod)}}
	default:
		if affinity(pod).PodAntiAffinity == nil {
			pod.Spec.Affinity.PodAntiAffinity = &corev1.PodAntiAffinity{}
		}
		pod.Spec.Affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution = []corev1.WeightedPodAffinityTerm{
			{Weight: weight, PodAffinityTerm: d.podTerm(pod)}}
	}
}
