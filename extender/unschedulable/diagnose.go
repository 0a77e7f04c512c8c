package unschedulable

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Standing is where a pod stands.
type Standing struct {
	State State
	// Since is when the pod came into its state. While the scheduler owes it a verdict, that is when it began to wait for one.
	Since time.Time
	// Message says for people why.
	Message string
}

// State tells where a pod stands now.
func (d *Detector) State(pod *corev1.Pod) Standing {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.pods[pod.UID]
	if e == nil {
		own := d.rules.own(pod)
		return Standing{State: own, Since: factOf(pod, own), Message: own.Explain(pod)}
	}
	state := d.rules.among(&d.crowd, e, time.Now())
	message := state.Explain(e.pod)
	if e.report.finding != nil && state == Flagged {
		message = explainReport(e)
	}
	if why := describe(&e.why); why != "" && state.Waits() {
		message += "; " + why
		if refused := e.refusedAt(e.why.Node); refused != nil {
			message += ", which kube-scheduler refused by " + refused.By()
		}
	}
	return Standing{State: state, Since: e.began, Message: message}
}

// explainReport says for people why a pod is flagged on which the scheduler has reported.
func explainReport(e *entry) string {
	const refused = "kube-scheduler found no node: "
	if refusal(e.pod) == nil {
		return refused + e.report.String()
	}
	return refused + words(refusal(e.pod)) + "; by its report, of " + e.report.String()
}

// describe says for people what a simulation found; it is empty before there was one.
func describe(d *plan.Diagnosis) string {
	switch {
	case d.Node != "":
		return "the simulation finds a place on node " + d.Node
	case d.Main == "":
		return ""
	case len(d.Nodes) == 0:
		return "the cluster has no node"
	}
	constraints := slices.SortedFunc(maps.Keys(d.Nodes), func(a, b plan.Constraint) int {
		return cmp.Or(cmp.Compare(d.Nodes[b], d.Nodes[a]), cmp.Compare(a, b))
	})
	words := make([]string, len(constraints))
	for i, constraint := range constraints {
		words[i] = fmt.Sprintf("%s %d", constraint, d.Nodes[constraint])
	}
	return fmt.Sprintf("the simulation says %s; nodes by what keeps it off them: %s", d.Main, strings.Join(words, ", "))
}

// Diagnose finds out why the waiting pods of a snapshot fit on no node, and counts each of them once. It simulates only when there are
// pods that were not simulated yet.
func (d *Detector) Diagnose(s *plan.Snapshot, simulate func(*plan.Snapshot) []plan.Diagnosis) {
	if !d.curious(s.Pods) {
		return
	}
	found := simulate(s)
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range found {
		if e := d.pods[found[i].Pod.UID]; e != nil {
			d.diagnosed(e, &found[i])
		}
	}
}

// curious tells whether one of the pods came to wait, or came to be refused, since it was last simulated.
func (d *Detector) curious(pods []*corev1.Pod) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(pods, func(pod *corev1.Pod) bool {
		e := d.pods[pod.UID]
		return e != nil && !e.counted && e.looked != e.own
	})
}

// refusedAt is why the scheduler refused a node, as far as it has reported that.
func (e *entry) refusedAt(node string) *group {
	if e.report.finding == nil || node == "" {
		return nil
	}
	return e.report.groupOf(node)
}

// diagnosed notes what a simulation found. A pod that fits is not unschedulable, unless the scheduler says so, which then knows something
// that the planner does not. What that is its report tells.
func (d *Detector) diagnosed(e *entry, found *plan.Diagnosis) {
	e.looked, e.why = e.own, *found
	e.why.Pod = nil // an older version of it, which would be kept alive
	constraint := found.Main
	if found.Node != "" {
		if e.own != Flagged {
			return
		}
		constraint = plan.ConstraintUnknown
		if refused := e.refusedAt(found.Node); refused != nil {
			constraint = constraintOf(&refused.Group)
		}
	}
	if !e.counted {
		e.counted = true
		d.metrics.unschedulable.WithLabelValues(string(constraint), e.pod.Namespace).Inc()
	}
}
