package plan

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// preference is a kind of soft constraint.
type preference uint8

// The kinds of preferences, in the order in which they are given up last when not all can be had.
const (
	preferredNodeAffinity preference = 1 << iota
	preferredPodAffinity
	preferredAntiAffinity
	softSpread
	softTaints
)

var allPreferences = []preference{preferredNodeAffinity, preferredPodAffinity, preferredAntiAffinity, softSpread, softTaints}

// preferences are the soft constraints that a plan treats as if they were hard.
type preferences struct {
	kinds preference
	// waived are pods whose preferences cannot be had.
	waived map[*corev1.Pod]bool
}

// preferencesOf gives the kinds of soft constraints that a snapshot holds.
func preferencesOf(s *Snapshot) preference {
	found := preference(0)
	for _, pod := range s.Pods {
		found |= preferencesOfPod(&pod.Spec)
	}
	for i := range s.Groups {
		if slices.ContainsFunc(s.Groups[i].Taints, preferNoSchedule) {
			found |= softTaints
		}
	}
	for i := range s.Nodes {
		if slices.ContainsFunc(s.Nodes[i].Taints, preferNoSchedule) {
			found |= softTaints
		}
	}
	return found
}

func preferNoSchedule(t corev1.Taint) bool { return t.Effect == corev1.TaintEffectPreferNoSchedule }

func preferencesOfPod(spec *corev1.PodSpec) preference {
	found := preference(0)
	for i := range spec.TopologySpreadConstraints {
		if spec.TopologySpreadConstraints[i].WhenUnsatisfiable == corev1.ScheduleAnyway {
			found |= softSpread
		}
	}
	a := spec.Affinity
	if a == nil {
		return found
	}
	if a.NodeAffinity != nil && len(a.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution) > 0 {
		found |= preferredNodeAffinity
	}
	if a.PodAffinity != nil && len(a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution) > 0 {
		found |= preferredPodAffinity
	}
	if a.PodAntiAffinity != nil && len(a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution) > 0 {
		found |= preferredAntiAffinity
	}
	return found
}

// harden gives a pod whose preferences are requirements. It shares with the original what is the same, and is the original where nothing
// is preferred.
func (w *preferences) harden(pod *corev1.Pod) *corev1.Pod {
	kinds := w.kinds & preferencesOfPod(&pod.Spec)
	if kinds == 0 || w.waived[pod] {
		return pod
	}
	hard := *pod
	if kinds&softSpread != 0 {
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
	if kinds&preferredNodeAffinity != 0 {
		affinity.NodeAffinity = hardNodeAffinity(affinity.NodeAffinity)
	}
	if kinds&preferredPodAffinity != 0 {
		near := *affinity.PodAffinity
		near.RequiredDuringSchedulingIgnoredDuringExecution = append(slices.Clone(near.RequiredDuringSchedulingIgnoredDuringExecution),
			heaviest(near.PreferredDuringSchedulingIgnoredDuringExecution).PodAffinityTerm)
		affinity.PodAffinity = &near
	}
	if kinds&preferredAntiAffinity != 0 {
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
func (w *preferences) mindsTaints(pod *corev1.Pod) bool {
	return w.kinds&softTaints != 0 && !w.waived[pod]
}
