package lifecycle

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Reasons of the events on VPSieNodes.
const (
	// EventFailed: the machine will never become a node.
	EventFailed = "Failed"
	// EventReady: the Node runs pods.
	EventReady = "Ready"
	// EventRemoved: the machine is proven gone.
	EventRemoved = "Removed"
)

// life is one reconcile of one VPSieNode.
type life struct {
	object *v1alpha1.VPSieNode
	saved  *v1alpha1.VPSieNode // as the API server has it
	node   *corev1.Node        // nil when there is none
	began  time.Time
	// machine is the machine as it was listed within the last minute; nil when nobody looked, or it was not there.
	machine *cloud.Machine
	// missing says that two lists have not had the machine any more.
	missing bool
}

func newLife(object *v1alpha1.VPSieNode, node *corev1.Node) *life {
	return &life{object: object, saved: object.DeepCopy(), node: node, began: time.Now()}
}

// condition returns the condition of a type; nil when it was never set.
func (l *life) condition(conditionType string) *metav1.Condition {
	return meta.FindStatusCondition(l.object.Status.Conditions, conditionType)
}

func (l *life) isTrue(conditionType string) bool {
	return meta.IsStatusConditionTrue(l.object.Status.Conditions, conditionType)
}

// set records a condition that the phase rests on. The time of transition moves only when the status changes.
func (l *life) set(conditionType string, status metav1.ConditionStatus, reason, message string) {
	l.note(conditionType, status, reason, message)
	l.object.Status.Message = message
}

// note records a condition beside the phase.
func (l *life) note(conditionType string, status metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(&l.object.Status.Conditions, metav1.Condition{
		Type: conditionType, Status: status, Reason: reason, Message: message, ObservedGeneration: l.object.Generation,
	})
}

// sinceLaunched is how long the condition Launched has had its status; zero when it was never set.
func (l *life) sinceLaunched() time.Duration {
	if condition := l.condition(v1alpha1.ConditionLaunched); condition != nil {
		return l.began.Sub(condition.LastTransitionTime.Time)
	}
	return 0
}

// save writes the status when it has changed. The write carries the version that was read, so that a decision made from an
// outdated object is never recorded, and what would follow from it never happens.
func (r *Reconciler) save(ctx context.Context, l *life) error {
	l.object.Status.Phase = phase(l)
	l.object.Status.ObservedGeneration = l.object.Generation
	if equality.Semantic.DeepEqual(l.object.Status, l.saved.Status) {
		return nil
	}
	from, to := l.saved.Status.Phase, l.object.Status.Phase
	patch := client.MergeFromWithOptions(l.saved, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, l.object, patch); err != nil {
		// The last step may have released the object.
		if client.IgnoreNotFound(err) == nil && l.object.DeletionTimestamp != nil {
			return nil
		}
		return fmt.Errorf("write status of VPSieNode %s: %w", l.object.Name, err)
	}
	l.saved = l.object.DeepCopy()
	if from != to {
		r.Metrics.PhaseTransitions.WithLabelValues(from, to, l.object.Spec.NodeGroupName, l.object.Namespace).Inc()
	}
	return nil
}

// phase sums the conditions up in the one word that people look for.
func phase(l *life) string {
	launched := l.condition(v1alpha1.ConditionLaunched)
	switch {
	case l.object.DeletionTimestamp != nil && l.isTrue(v1alpha1.ConditionDrained):
		return v1alpha1.PhaseDeleting
	case l.object.DeletionTimestamp != nil:
		return v1alpha1.PhaseTerminating
	case wasReady(l):
		return v1alpha1.PhaseReady
	case doomed(l):
		return v1alpha1.PhaseFailed
	case l.isTrue(v1alpha1.ConditionRegistered):
		return v1alpha1.PhaseJoining
	case launched == nil:
		return v1alpha1.PhasePending
	case launched.Status == metav1.ConditionFalse:
		return v1alpha1.PhasePending
	case launched.Status == metav1.ConditionUnknown:
		return v1alpha1.PhaseProvisioning
	case len(l.object.Status.Addresses) == 0:
		return v1alpha1.PhaseProvisioned
	}
	return v1alpha1.PhaseJoining
}

// wasReady reports whether the Node has run pods, now or before: a Node that fails later stays in the phase Ready, and its
// condition tells.
func wasReady(l *life) bool {
	ready := l.condition(v1alpha1.ConditionReady)
	return ready != nil && ready.Reason != v1alpha1.ReasonNodeAwaited && ready.Reason != v1alpha1.ReasonReadyTimeout
}

// doomed reports whether a machine that has never been a ready node will never become one.
func doomed(l *life) bool {
	for _, kind := range []string{v1alpha1.ConditionLaunched, v1alpha1.ConditionRegistered, v1alpha1.ConditionReady} {
		if condition := l.condition(kind); condition != nil && final(condition.Reason) {
			return true
		}
	}
	return false
}

// final reports whether a reason means that the machine will never become a node.
func final(reason string) bool {
	switch reason {
	case v1alpha1.ReasonSoldOut, v1alpha1.ReasonNotSold, v1alpha1.ReasonMachineLost, v1alpha1.ReasonMachineBroken, v1alpha1.ReasonMachineMissing,
		v1alpha1.ReasonLaunchTimeout, v1alpha1.ReasonJoinTimeout, v1alpha1.ReasonReadyTimeout:
		return true
	}
	return false
}
