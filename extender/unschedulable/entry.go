package unschedulable

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// entry is what the detector knows of a pod without a node.
type entry struct {
	pod    *corev1.Pod // of the cache: it must not be changed
	own    State
	family string
	// seen is when the detector first saw the pod, by the clock of this process.
	seen time.Time
	// entered is when the pod came into its state before the eyes of the detector; zero when it was in it from the start. The states in
	// which the scheduler owes a verdict count as one.
	entered time.Time
	// began is when the pod came into its state as far as the pod itself tells, or entered where that is later: a condition keeps its
	// time when a pod leaves a scheduling gate and is refused.
	began time.Time
	// report is what kube-scheduler reported last; zero when it has not.
	report report

	// looked is the state in which the pod was last simulated, why what came of it, and counted whether it was counted as unschedulable.
	looked  State
	why     plan.Diagnosis
	counted bool
}

// move takes over a newer version of the pod.
func (e *entry) move(pod *corev1.Pod, own State, now time.Time) {
	if e.own != "" && e.own != own && !(e.own.unjudged() && own.unjudged()) {
		e.entered = now
	}
	e.pod, e.own, e.began = pod, own, factOf(pod, own)
	if e.entered.After(e.began) {
		e.began = e.entered
	}
}

// factOf is the time that the pod itself tells for its state.
func factOf(pod *corev1.Pod, own State) time.Time {
	if refused := refusal(pod); own == Flagged && refused != nil && !refused.LastTransitionTime.IsZero() {
		return refused.LastTransitionTime.Time
	}
	return pod.CreationTimestamp.Time
}
