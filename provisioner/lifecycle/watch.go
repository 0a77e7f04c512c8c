package lifecycle

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/opening"
)

// watch owns the condition Ready: the Node runs pods. What a ready Node says of itself goes before what the cloud says of the
// machine: a list from the wrong account must not end a cluster that works.
func (r *Reconciler) watch(_ context.Context, l *life) (outcome, error) {
	switch {
	case !l.isTrue(v1alpha1.ConditionRegistered):
		return outcome{}, nil
	case !wasReady(l):
		return r.awaitReady(l), nil
	}
	name := l.object.NodeName()
	switch {
	case l.node != nil && opening.Ready(l.node):
		l.set(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonNodeReady, "the Node runs pods")
	case l.missing:
		l.set(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonMachineMissing, fmt.Sprintf("VPSie no longer lists machine %s", l.object.Status.MachineID))
	case l.machine != nil && l.machine.State == cloud.StateBroken:
		l.set(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonMachineBroken, fmt.Sprintf("VPSie reports machine %s as broken", l.machine.ID))
	case l.node == nil:
		l.set(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNodeMissing, fmt.Sprintf("Node %s has gone", name))
	default:
		l.set(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNodeNotReady, "the Node reports that it is not ready")
	}
	return outcome{}, nil
}

// awaitReady waits for the Node to be ready for the first time.
func (r *Reconciler) awaitReady(l *life) outcome {
	ready := l.node != nil && opening.Ready(l.node)
	if ready && !opening.Closed(l.node) {
		l.set(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonNodeReady, "the Node runs pods")
		r.welcome(l)
		return outcome{}
	}
	left := r.options.ReadyTimeout - l.began.Sub(l.condition(v1alpha1.ConditionRegistered).LastTransitionTime.Time)
	switch {
	case left <= 0:
		message := fmt.Sprintf("Node %s is not ready %v after it has joined", l.object.NodeName(), r.options.ReadyTimeout)
		l.set(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonReadyTimeout, message)
		return outcome{failed: message}
	case l.missing:
		message := fmt.Sprintf("VPSie no longer lists machine %s", l.object.Status.MachineID)
		l.set(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonMachineMissing, message)
		return outcome{failed: message}
	}
	message := "waiting for the Node to be ready"
	if ready {
		message = "the Node is ready, and its pods are being nominated for it"
	}
	l.set(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNodeAwaited, message)
	return outcome{again: left}
}

func (r *Reconciler) welcome(l *life) {
	took := l.began.Sub(l.object.CreationTimestamp.Time)
	r.Metrics.ProvisioningDuration.WithLabelValues(l.object.Spec.NodeGroupName, l.object.Namespace).Observe(took.Seconds())
	r.Events.Eventf(l.object, nil, corev1.EventTypeNormal, EventReady, "Join", "the Node runs pods")
}
