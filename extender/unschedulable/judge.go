package unschedulable

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// queuedAfter is how long after a refusal the pods that were there count although the scheduler has not come to them. A scheduler that
// is not throttled comes to a pod within milliseconds.
const queuedAfter = time.Second

// crowd is what pods know of each other.
type crowd struct {
	// refused counts the flagged pods by family.
	refused map[string]int
	// passed says that pods which were there at this time count; zero counts none.
	passed time.Time
	// exists tells whether there is a node of a name; nil believes that of all.
	exists func(node string) bool
}

// Judge gives the state of every pod, in the order of the pods. A pod to which kube-scheduler has not come counts when one with the same
// controller was flagged, or when it is older than any pod that was flagged more than a second ago: kube-scheduler writes only some
// fifty verdicts a second, replicas of one workload share their fate, and where a pod fits after all the planner finds that out. It knows
// of no reports.
func (r Rules) Judge(pods []*corev1.Pod, now time.Time) []State {
	crowd := crowd{refused: map[string]int{}}
	states := make([]State, len(pods))
	for i, pod := range pods {
		states[i] = r.own(pod)
		if states[i] != Flagged {
			continue
		}
		if family := familyOf(pod); family != "" {
			crowd.refused[family]++
		}
		if at := refusal(pod).LastTransitionTime.Time; !at.After(now.Add(-queuedAfter)) && at.After(crowd.passed) {
			crowd.passed = at
		}
	}
	for i, pod := range pods {
		e := entry{pod: pod, own: states[i], family: familyOf(pod), seen: pod.CreationTimestamp.Time, began: pod.CreationTimestamp.Time}
		states[i] = r.among(&crowd, &e, now)
	}
	return states
}

// passes tells whether the scheduler, by refusing another pod, has shown that it is slow to come to this one.
func (c *crowd) passes(e *entry) bool {
	return !e.seen.After(c.passed) && !e.entered.After(c.passed)
}

// among is the state of a pod among others.
func (r Rules) among(others *crowd, e *entry, now time.Time) State {
	own := e.own
	if own == Nominated && others.exists != nil && !others.exists(e.pod.Status.NominatedNodeName) {
		own = judged(e.pod) // the scheduler takes such a nomination back, but only when it comes to the pod again
	}
	switch {
	case !own.unjudged():
		return own
	case now.Sub(e.began) >= r.FallbackAge:
		return Aged
	case others.refused[e.family] > 0:
		return Sibling
	case others.passes(e):
		return Queued
	}
	return own
}

// familyOf identifies the pods that were made from one template; empty for a pod of its own.
func familyOf(pod *corev1.Pod) string {
	owner := metav1.GetControllerOfNoCopy(pod)
	if owner == nil {
		return ""
	}
	return string(owner.UID)
}
