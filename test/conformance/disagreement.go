package conformance

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Kind is the question on which planner and scheduler disagree.
type Kind string

// The kinds of disagreement.
const (
	// KindPlaced: the scheduler refuses a pod that the plan places.
	KindPlaced Kind = "placed, but refused"
	// KindFragile: the same, but the scheduler accepts the pod when it comes before some other pods of the plan. Nothing makes it come
	// before them.
	KindFragile Kind = "placed, but refused once others are there"
	// KindLeft: the scheduler accepts a pod for which the plan sees no place.
	KindLeft Kind = "left, but accepted"
	// KindPreemption: no node accepts the pod even without the pods of lower priority.
	KindPreemption Kind = "waits for preemption, but refused"
	// KindOrder: each pod of the plan is accepted in its end state, but there seems to be no order to get there.
	KindOrder Kind = "no order to bind"
)

// Disagreement is one pod on which planner and scheduler disagree.
type Disagreement struct {
	Kind Kind
	Pod  *corev1.Pod
	// Planner is what the plan says: the node's name, or the reason with its message.
	Planner string
	// Refused is why the scheduler does not let the pod onto its node; the zero value when it lets it somewhere.
	Refused Refusal
	// Accepts is where the scheduler would have the pod, for people.
	Accepts string
}

func (d Disagreement) String() string {
	scheduler := d.Accepts
	if d.Refused != (Refusal{}) {
		scheduler = d.Refused.String()
	}
	return fmt.Sprintf("%s: pod %s/%s: the planner says %s; the scheduler says %s", d.Kind, d.Pod.Namespace, d.Pod.Name, d.Planner, scheduler)
}

// about is the question in short: the kind with the plugin that refuses or the reason that is denied.
func (d Disagreement) about() string {
	if d.Refused != (Refusal{}) {
		return string(d.Kind) + ": " + d.Refused.Plugin
	}
	reason, _, _ := strings.Cut(d.Planner, " ")
	return string(d.Kind) + ": " + reason
}
