package lifecycle

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// watch owns the condition Ready: the Node runs pods.
func (r *Reconciler) watch(_ context.Context, l *life) (outcome, error) {
	before := wasReady(l)
	switch {
	case l.node == nil:
		l.set(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNodeMissing, fmt.Sprintf("Node %s has gone", l.object.Name))
	case nodeReady(l.node):
		l.set(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonNodeReady, "the Node runs pods")
		if !before {
			r.welcome(l)
		}
	case !before:
		l.set(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNodeAwaited, "waiting for the Node to be ready")
	default:
		l.set(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNodeNotReady, "the Node reports that it is not ready")
	}
	return outcome{}, nil
}

func (r *Reconciler) welcome(l *life) {
	took := l.began.Sub(l.object.CreationTimestamp.Time)
	r.Metrics.ProvisioningDuration.WithLabelValues(l.object.Spec.NodeGroupName, l.object.Namespace).Observe(took.Seconds())
	r.Events.Eventf(l.object, nil, corev1.EventTypeNormal, EventReady, "Join", "the Node runs pods")
}

// nodeReady reports whether pods can bind to a node and start.
func nodeReady(node *corev1.Node) bool {
	for _, taint := range node.Spec.Taints {
		if taint.Key == corev1.TaintNodeNotReady || taint.Key == corev1.TaintNodeUnreachable {
			return false
		}
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}
