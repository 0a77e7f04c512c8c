package pod

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// Reason says what is the matter with a pod. Its values are part of the API. A pod that the planner can place nowhere has one of
// the planner's own reasons, see plan.Reason.
type Reason string

// Reasons beside those of the planner.
const (
	// ReasonRequestsMissing: a container requests no CPU or no memory, so that nothing is kept free for it.
	ReasonRequestsMissing Reason = "RequestsMissing"
	// ReasonContradiction: two of the pod's requirements exclude each other.
	ReasonContradiction Reason = "Contradiction"
	// ReasonUnknownLabel: no node and no node group has what the pod asks of its node's labels.
	ReasonUnknownLabel Reason = "UnknownLabel"
	// ReasonOnlyOneReplica: the pod keeps its own replicas out of the one topology domain that there is.
	ReasonOnlyOneReplica Reason = "OnlyOneReplica"
)

// Finding is something the matter with a pod.
type Finding struct {
	Reason Reason
	// Field is where in the pod.
	Field *field.Path
	// Value is what is there; nil where there is nothing.
	Value any
	// Message says what is wrong with it and what to do.
	Message string
	// Doubt says that it may be meant so, or may soon be different: no policy refuses a pod for it.
	Doubt bool
}

// String is the finding as a warning.
func (f Finding) String() string {
	if f.Value == nil {
		return fmt.Sprintf("%s: %s", f.Field, f.Message)
	}
	return fmt.Sprintf("%s: %v: %s", f.Field, f.Value, f.Message)
}

// check is one question about a pod. What it needs of the supply may be missing there, so that it finds nothing.
type check struct {
	find func(*corev1.Pod, *Supply) []Finding
	// last says that the checks after it have nothing to add to what it finds.
	last bool
}

// checks are asked in this order.
var checks = []check{
	{find: requestsMissing},            // it might get no room, and needs none to be promised
	{find: contradictions, last: true}, // no node of any kind could help
	{find: onlyOneReplica},             // the first replica keeps the others away
	{find: unplaceable},                // the planner knows no node, of those that are and those that could be bought
}

// Examine tells what is the matter with a new pod. A nil supply means that nothing is known of nodes and node groups.
func Examine(pod *corev1.Pod, supply *Supply) []Finding {
	if settled(pod) {
		return nil
	}
	var found []Finding
	for _, c := range checks {
		list := c.find(pod, supply)
		found = append(found, list...)
		if c.last && len(list) > 0 {
			break
		}
	}
	return found
}

// settled tells whether the pod waits for no node, or not yet: somebody else decides where and when it runs.
func settled(pod *corev1.Pod) bool {
	return pod.Spec.NodeName != "" || len(pod.Spec.SchedulingGates) > 0 || workload.OfNode(pod)
}

// requestsMissing names the first container without a request, and counts the others. An explicit zero is a request.
func requestsMissing(pod *corev1.Pod, _ *Supply) []Finding {
	var found []Finding
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		if whole := pod.Spec.Resources; whole != nil && has(whole.Requests, name) {
			continue
		}
		var missing []int
		for i := range pod.Spec.Containers {
			if !has(pod.Spec.Containers[i].Resources.Requests, name) {
				missing = append(missing, i)
			}
		}
		if len(missing) == 0 {
			continue
		}
		message := fmt.Sprintf("container %s requests no %s, so none is kept free for it: set it", pod.Spec.Containers[missing[0]].Name, name)
		if more := len(missing) - 1; more > 0 {
			message += fmt.Sprintf(", and for %d more", more)
		}
		found = append(found, Finding{
			Reason: ReasonRequestsMissing, Message: message,
			Field: field.NewPath("spec", "containers").Index(missing[0]).Child("resources", "requests").Key(string(name)),
		})
	}
	return found
}

func has(list corev1.ResourceList, name corev1.ResourceName) bool {
	_, found := list[name]
	return found
}
