package plan

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// wish is a kind of soft preference.
type wish uint8

// The kinds of wishes, in the order in which they are given up last when not all can be had.
const (
	wishNodeAffinity wish = 1 << iota
	wishPodAffinity
	wishAntiAffinity
	wishSpread
	wishTaints
)

var allWishes = []wish{wishNodeAffinity, wishPodAffinity, wishAntiAffinity, wishSpread, wishTaints}

// wishes are the preferences that a plan treats as if they were requirements.
type wishes struct {
	kinds wish
	// waived are pods whose wishes cannot be had.
	waived map[*corev1.Pod]bool
}

// wishesOf gives the kinds of soft preferences that a snapshot holds.
func wishesOf(s *Snapshot) wish {
	found := wish(0)
	for _, pod := range s.Pods {
		found |= wishesOfPod(&pod.Spec)
	}
	for i := range s.Groups {
		if slices.ContainsFunc(s.Groups[i].Taints, preferNoSchedule) {
			found |= wishTaints
		}
	}
	for i := range s.Nodes {
		if slices.ContainsFunc(s.Nodes[i].Taints, preferNoSchedule) {
			found |= wishTaints
		}
	}
	return found
}

func preferNoSchedule(t corev1.Taint) bool { return t.Effect == corev1.TaintEffectPreferNoSchedule }

func wishesOfPod(spec *corev1.PodSpec) wish {
	found := wish(0)
	for i := range spec.TopologySpreadConstraints {
		if spec.TopologySpreadConstraints[i].WhenUnsatisfiable == corev1.ScheduleAnyway {
			found |= wishSpread
		}
	}
	a := spec.Affinity
	if a == nil {
		return found
	}
	if a.NodeAffinity != nil && len(a.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution) > 0 {
		found |= wishNodeAffinity
	}
	if a.PodAffinity != nil && len(a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution) > 0 {
		found |= wishPodAffinity
	}
	if a.PodAntiAffinity != nil && len(a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution) > 0 {
		found |= wishAntiAffinity
	}
	return found
}

// harden gives a pod whose wishes are requirements. It shares with the original what is the same, and is the original where nothing
// is wished for.
func (w *wishes) harden(pod *corev1.Pod) *corev1.Pod {
	kinds := w.kinds & wishesOfPod(&pod.Spec)
	if kinds == 0 || w.waived[pod] {
		return pod
	}
	hard := *pod
	if kinds&wishSpread != 0 {
		hard.Spec.TopologySpreadConstraints = slices.Clone(pod.Spec.TopologySpreadConstraints)
		for i := range hard.Spec.TopologySpreadConstraints {
			hard.Spec.TopologySpreadConstraints[i].WhenUnsatisfiable = corev1.DoNotSchedule
		}
	}
	if pod.Spec.Affinity == nil {
		return &hard
	}
	affinity := *pod.Spec.Affinity
	hard.Spec.Affinity = &affinity
	if kinds&wishNodeAffinity != 0 {
		affinity.NodeAffinity = hardNodeAffinity(affinity.NodeAffinity)
	}
	if kinds&wishPodAffinity != 0 {
		near := *affinity.PodAffinity
		near.RequiredDuringSchedulingIgnoredDuringExecution = append(slices.Clone(near.RequiredDuringSchedulingIgnoredDuringExecution),
			heaviest(near.PreferredDuringSchedulingIgnoredDuringExecution).PodAffinityTerm)
		affinity.PodAffinity = &near
	}
	if kinds&wishAntiAffinity != 0 {
		away := *affinity.PodAntiAffinity
		away.RequiredDuringSchedulingIgnoredDuringExecution = append(slices.Clone(away.RequiredDuringSchedulingIgnoredDuringExecution),
			heaviest(away.PreferredDuringSchedulingIgnoredDuringExecution).PodAffinityTerm)
		affinity.PodAntiAffinity = &away
	}
	return &hard
}

func heaviest(terms []corev1.WeightedPodAffinityTerm) *corev1.WeightedPodAffinityTerm {
	best := &terms[0]
	for i := range terms {
		if terms[i].Weight > best.Weight {
			best = &terms[i]
		}
	}
	return best
}

// hardNodeAffinity asks of every required term what the heaviest preference asks.
func hardNodeAffinity(a *corev1.NodeAffinity) *corev1.NodeAffinity {
	best := &a.PreferredDuringSchedulingIgnoredDuringExecution[0]
	for i := range a.PreferredDuringSchedulingIgnoredDuringExecution {
		if t := &a.PreferredDuringSchedulingIgnoredDuringExecution[i]; t.Weight > best.Weight {
			best = t
		}
	}
	required := &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{best.Preference}}
	if a.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		required.NodeSelectorTerms = nil
		for _, t := range a.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
			if len(t.MatchExpressions)+len(t.MatchFields) == 0 {
				continue // such a term matches nothing, and must not come to match something
			}
			required.NodeSelectorTerms = append(required.NodeSelectorTerms, corev1.NodeSelectorTerm{
				MatchExpressions: slices.Concat(t.MatchExpressions, best.Preference.MatchExpressions),
				MatchFields:      slices.Concat(t.MatchFields, best.Preference.MatchFields),
			})
		}
	}
	return &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: required}
}

// mindsTaints tells whether soft taints keep the pod off a node.
func (w *wishes) mindsTaints(pod *corev1.Pod) bool { return w.kinds&wishTaints != 0 && !w.waived[pod] }
