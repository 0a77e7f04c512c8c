package plan

import (
	"math"

	corev1 "k8s.io/api/core/v1"
)

// priorities says what the priority of a pod means for it.
type priorities struct {
	cutoff *int32
	// lowest is the priority of the least important pod that runs.
	lowest int32
}

func newPriorities(s *Snapshot, digests []*digest) priorities {
	p := priorities{cutoff: s.Policy.PriorityCutoff, lowest: math.MaxInt32}
	for _, d := range digests {
		p.lowest = min(p.lowest, d.lowest)
	}
	return p
}

// priorityOf is the priority of a pod; the API server has resolved its class.
func priorityOf(pod *corev1.Pod) int32 {
	if pod.Spec.Priority == nil {
		return 0
	}
	return *pod.Spec.Priority
}

func (p *priorities) belowCutoff(pod *corev1.Pod) bool {
	return p.cutoff != nil && priorityOf(pod) < *p.cutoff
}

// preempts tells whether kube-scheduler may yet preempt others for the pod. Once it has refused a pod it has also tried that, in
// the same cycle.
func (p *priorities) preempts(pod *corev1.Pod) bool {
	if priorityOf(pod) <= p.lowest || pod.Spec.PreemptionPolicy != nil && *pod.Spec.PreemptionPolicy == corev1.PreemptNever {
		return false
	}
	for i := range pod.Status.Conditions {
		if c := &pod.Status.Conditions[i]; c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return false
		}
	}
	return true
}
