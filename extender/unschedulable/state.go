package unschedulable

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// State says whether a pod waits for a node, and why or why not. Its values are part of the API.
type State string

// States of a pod. The first four wait for a node.
const (
	// Flagged: kube-scheduler found no node for it.
	Flagged State = "Flagged"
	// Sibling: not looked at yet, but a pod of the same owner was flagged.
	Sibling State = "Sibling"
	// Queued: it was there when kube-scheduler flagged another pod, and a second later kube-scheduler has still not come to it.
	Queued State = "Queued"
	// Aged: without a node for longer than the fallback age, whatever the scheduler wrote.
	Aged State = "Aged"

	// Fresh: the scheduler has not come to it yet.
	Fresh State = "Fresh"
	// Erred: the scheduler came to it and failed for a reason of its own; it tries again.
	Erred State = "Erred"
	// Gated: a scheduling gate holds it back.
	Gated State = "Gated"
	// Nominated: a node has been found for it. Preemption makes room for it there, or it was planned for that node, or it is about to be
	// bound.
	Nominated State = "Nominated"
	// Daemon: a DaemonSet or a kubelet placed it; it never needs a node of its own.
	Daemon State = "Daemon"
	// Foreign: another scheduler is responsible.
	Foreign State = "Foreign"
	// Bound: it has a node.
	Bound State = "Bound"
	// Done: it has finished or is being deleted.
	Done State = "Done"
)

// pendingStates are those of pods that have no node and may get one, in the order in which they are told.
var pendingStates = []State{Flagged, Sibling, Queued, Aged, Fresh, Erred, Gated, Nominated, Daemon, Foreign}

// Waits reports whether a pod in this state waits for a node.
func (s State) Waits() bool { return s == Flagged || s == Sibling || s == Queued || s == Aged }

// unjudged reports whether the scheduler owes the pod a verdict, so that its age and other pods decide.
func (s State) unjudged() bool { return s == Fresh || s == Erred }

// Rules say how pods are judged.
type Rules struct {
	// SchedulerNames are the schedulers whose pods count.
	SchedulerNames []string
	// FallbackAge is the age at which a pod without a node counts whatever the scheduler wrote.
	FallbackAge time.Duration
}

// own is the state of a pod by itself: age and other pods may turn Fresh and Erred into another.
func (r Rules) own(pod *corev1.Pod) State {
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
	}
	return judged(pod)
}

// judged is the state of a pod by the scheduler's verdict alone.
func judged(pod *corev1.Pod) State {
	switch {
	case verdict(pod, corev1.PodReasonUnschedulable) != nil:
		return Flagged
	case verdict(pod, corev1.PodReasonSchedulerError) != nil:
		return Erred
	}
	return Fresh
}

// verdict is what kube-scheduler wrote about the pod as it is specified now; nil when it wrote something else or nothing.
func verdict(pod *corev1.Pod, reason string) *corev1.PodCondition {
	for i := range pod.Status.Conditions {
		condition := &pod.Status.Conditions[i]
		if condition.Type != corev1.PodScheduled {
			continue
		}
		stale := condition.ObservedGeneration != 0 && condition.ObservedGeneration < pod.Generation
		if condition.Status == corev1.ConditionFalse && condition.Reason == reason && !stale {
			return condition
		}
	}
	return nil
}

// refusal is kube-scheduler's verdict that no node is possible for the pod; nil when there is none.
func refusal(pod *corev1.Pod) *corev1.PodCondition {
	return verdict(pod, corev1.PodReasonUnschedulable)
}

// words is the message of a verdict.
func words(verdict *corev1.PodCondition) string {
	if verdict == nil || verdict.Message == "" {
		return "no message"
	}
	return verdict.Message
}

// Explain says for people why a pod is in a state.
func (s State) Explain(pod *corev1.Pod) string {
	switch s {
	case Flagged:
		return "kube-scheduler found no node: " + words(refusal(pod))
	case Sibling:
		return "kube-scheduler found no node for another pod of the same owner and has not come to this one"
	case Queued:
		return "kube-scheduler found no node for other pods and has not come to this one, which was there before"
	case Aged:
		return "it has been without a node for longer than the fallback age"
	case Erred:
		return "kube-scheduler failed and tries again: " + words(verdict(pod, corev1.PodReasonSchedulerError))
	case Gated:
		return fmt.Sprintf("scheduling gate %q holds it back", pod.Spec.SchedulingGates[0].Name)
	case Nominated:
		return "it is nominated for node " + pod.Status.NominatedNodeName + ": it was planned for it, or others make room for it there, or it is about to be bound"
	case Daemon:
		return "a DaemonSet or a kubelet has chosen its node"
	case Foreign:
		return fmt.Sprintf("scheduler %q is responsible, whose pods get no nodes from here", pod.Spec.SchedulerName)
	case Bound:
		return "it has node " + pod.Spec.NodeName
	case Done:
		return "it has finished or is being deleted"
	default:
		return "kube-scheduler has not come to it yet"
	}
}
