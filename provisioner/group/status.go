package group

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/provisioner"
)

// counts are the members of a group by how far they are.
type counts struct {
	all, staying, ready, leaving int32
	// reason and stuck say why the first member that waits for people does, and which it is; empty when none does.
	reason, stuck string
}

func tally(members []v1alpha1.VPSieNode) counts {
	var c counts
	for i := range members {
		member := &members[i]
		c.all++
		switch {
		case member.DeletionTimestamp != nil:
			c.leaving++
			continue
		case meta.IsStatusConditionTrue(member.Status.Conditions, v1alpha1.ConditionReady):
			c.ready++
		}
		c.staying++
		launched := meta.FindStatusCondition(member.Status.Conditions, v1alpha1.ConditionLaunched)
		if launched != nil && launched.Status == metav1.ConditionFalse && c.stuck == "" {
			c.reason, c.stuck = v1alpha1.ReasonNodesFailed, fmt.Sprintf("%s: %s: %s", member.Name, launched.Reason, launched.Message)
			if launched.Reason == v1alpha1.ReasonQuotaExceeded {
				c.reason = launched.Reason
			}
		}
	}
	return c
}

// saveStatus computes the whole status from what was counted and writes it when it has changed.
func (r *Reconciler) saveStatus(ctx context.Context, group *v1alpha1.NodeGroup, c counts, verdict provisioner.Verdict) error {
	before := group.DeepCopy()
	status := &group.Status
	status.CurrentNodes, status.ReadyNodes, status.ObservedGeneration = c.all, c.ready, group.Generation
	for _, condition := range conditions(group, c, verdict) {
		condition.ObservedGeneration = group.Generation
		meta.SetStatusCondition(&status.Conditions, condition)
	}
	if equality.Semantic.DeepEqual(before.Status, group.Status) {
		return nil
	}
	if err := r.Client.Status().Patch(ctx, group, client.MergeFrom(before)); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("write status of NodeGroup %s/%s: %w", group.Namespace, group.Name, err)
	}
	return nil
}

// conditions are those of a group, from facts alone.
func conditions(group *v1alpha1.NodeGroup, c counts, verdict provisioner.Verdict) []metav1.Condition {
	arriving := c.staying - c.ready
	ready := metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReconciled,
		Message: fmt.Sprintf("%d of %d nodes are ready", c.ready, group.Desired())}
	switch {
	case verdict.Reason != "":
		ready.Status, ready.Reason, ready.Message = metav1.ConditionFalse, verdict.Reason, verdict.Message
	case c.stuck != "":
		ready.Status, ready.Reason, ready.Message = metav1.ConditionFalse, c.reason, c.stuck
	}
	scaling := metav1.Condition{Type: v1alpha1.ConditionScaling, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonSteady, Message: "no node is on its way in or out"}
	if arriving > 0 || c.leaving > 0 {
		scaling.Status, scaling.Reason = metav1.ConditionTrue, v1alpha1.ReasonNodesPending
		scaling.Message = fmt.Sprintf("%d nodes are on their way in, %d on their way out", arriving, c.leaving)
	}
	full := metav1.Condition{Type: v1alpha1.ConditionAtMaxCapacity, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonBelowMax,
		Message: fmt.Sprintf("%d of at most %d nodes", c.all, group.Spec.MaxNodes)}
	if c.all >= group.Spec.MaxNodes {
		full.Status, full.Reason = metav1.ConditionTrue, v1alpha1.ReasonAtMax
	}
	return []metav1.Condition{ready, scaling, full}
}

// phases are all values of the metric label phase, so that a phase that nobody is in any more reads 0.
var phases = []string{
	v1alpha1.PhasePending, v1alpha1.PhaseProvisioning, v1alpha1.PhaseProvisioned, v1alpha1.PhaseJoining,
	v1alpha1.PhaseReady, v1alpha1.PhaseTerminating, v1alpha1.PhaseDeleting, v1alpha1.PhaseFailed,
}

// publish sets the metrics of a group.
func (r *Reconciler) publish(group *v1alpha1.NodeGroup, members []v1alpha1.VPSieNode, c counts) {
	name, namespace := group.Name, group.Namespace
	r.Metrics.NodeGroupDesired.WithLabelValues(name, namespace).Set(float64(group.Desired()))
	r.Metrics.NodeGroupCurrent.WithLabelValues(name, namespace).Set(float64(c.all))
	r.Metrics.NodeGroupReady.WithLabelValues(name, namespace).Set(float64(c.ready))
	r.Metrics.NodeGroupMin.WithLabelValues(name, namespace).Set(float64(group.Spec.MinNodes))
	r.Metrics.NodeGroupMax.WithLabelValues(name, namespace).Set(float64(group.Spec.MaxNodes))
	perPhase := map[string]int{}
	for i := range members {
		perPhase[members[i].Status.Phase]++
	}
	for _, phase := range phases {
		r.Metrics.NodePhase.WithLabelValues(phase, name, namespace).Set(float64(perPhase[phase]))
	}
}

// forget drops the series of a group that has gone.
func (r *Reconciler) forget(name, namespace string) {
	labels := map[string]string{telemetry.LabelNodeGroup: name, telemetry.LabelNamespace: namespace}
	m := r.Metrics
	m.NodeGroupDesired.DeletePartialMatch(labels)
	m.NodeGroupCurrent.DeletePartialMatch(labels)
	m.NodeGroupReady.DeletePartialMatch(labels)
	m.NodeGroupMin.DeletePartialMatch(labels)
	m.NodeGroupMax.DeletePartialMatch(labels)
	m.NodeGroupCost.DeletePartialMatch(labels)
	m.NodePhase.DeletePartialMatch(labels)
}
