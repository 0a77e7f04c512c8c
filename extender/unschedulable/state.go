package unschedulable

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// State says whether a pod waits for a node, and why or why not.
type State string

// States of a pod. The first three wait for a node.
const (
	// Flagged: kube-scheduler found no node for it.
	Flagged State = "Flagged"
	// Sibling: not looked at yet, but a pod of the same owner was flagged.
	Sibling State = "Sibling"
	// Aged: without a node for longer than the fallback age, whatever the scheduler wrote.
	Aged State = "Aged"

	// Bound: it has a node.
	Bound State = "Bound"
	// Done: it has finished or is being deleted.
	Done State = "Done"
	// Gated: a scheduling gate holds it back.
	Gated State = "Gated"
	// Nominated: preemption makes room for it, or it is about to be bound.
	Nominated State = "Nominated"
	// Daemon: a DaemonSet or a kubelet placed it; it never needs a node of its own.
	Daemon State = "Daemon"
	// Foreign: another scheduler is responsible.
	Foreign State = "Foreign"
	// Fresh: the scheduler has not come to it yet.
	Fresh State = "Fresh"
)

// Waits reports whether a pod in this state waits for a node.
func (s State) Waits() bool { return s == Flagged || s == Sibling || s == Aged }

// Rules say how pods are judged.
type Rules struct {
	// SchedulerNames are the schedulers whose pods count.
	SchedulerNames []string
	// FallbackAge is the age at which a pod without a node counts whatever the scheduler wrote.
	FallbackAge time.Duration
}

// judge gives the state of one pod by itself; siblings are found by judgeAll.
func (r Rules) judge(pod *corev1.Pod, now time.Time) State {
	switch {
	case pod.DeletionTimestamp != nil || workload.Finished(pod):
		return Done
	case pod.Spec.NodeName != "":
		return Bound
	case len(pod.Spec.SchedulingGates) > 0:
		return Gated
	case workload.OfNode(pod):
		return Daemon
	case !slices.Contains(r.SchedulerNames, pod.Spec.SchedulerName):
		return Foreign
	case pod.Status.NominatedNodeName != "":
		return Nominated
	case refusal(pod) != nil:
		return Flagged
	case now.Sub(pod.CreationTimestamp.Time) >= r.FallbackAge:
		return Aged
	}
	return Fresh
}

// refusal is kube-scheduler's verdict that no node is possible for the pod as it is specified now; nil when there is none.
func refusal(pod *corev1.Pod) *corev1.PodCondition {
	for i := range pod.Status.Conditions {
		condition := &pod.Status.Conditions[i]
		if condition.Type != corev1.PodScheduled {
			continue
		}
		stale := condition.ObservedGeneration != 0 && condition.ObservedGeneration < pod.Generation
		if condition.Status == corev1.ConditionFalse && condition.Reason == corev1.PodReasonUnschedulable && !stale {
			return condition
		}
	}
	return nil
}

// Judge gives the state of every pod, in the order of the pods. Fresh pods become Sibling when a pod with the same controller
// was flagged: kube-scheduler writes only some fifty verdicts a second, and replicas of one workload share their fate.
func (r Rules) Judge(pods []*corev1.Pod, now time.Time) []State {
	states := make([]State, len(pods))
	flagged := map[string]bool{}
	for i, pod := range pods {
		states[i] = r.judge(pod, now)
		if states[i] == Flagged {
			if family := familyOf(pod); family != "" {
				flagged[family] = true
			}
		}
	}
	for i, pod := range pods {
		if states[i] == Fresh && flagged[familyOf(pod)] {
			states[i] = Sibling
		}
	}
	return states
}

// familyOf identifies the pods that were made from one template; empty for a pod of its own.
func familyOf(pod *corev1.Pod) string {
	owner := metav1.GetControllerOfNoCopy(pod)
	if owner == nil {
		return ""
	}
	return string(owner.UID)
}
