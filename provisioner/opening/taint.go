package opening

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Taint is the startup taint. It is on every machine's Node from its first moment.
var Taint = corev1.Taint{Key: v1alpha1.TaintUninitialized, Effect: corev1.TaintEffectNoSchedule}

// Closed reports whether the startup taint keeps ordinary pods off a Node.
func Closed(node *corev1.Node) bool { return slices.ContainsFunc(node.Spec.Taints, isTaint) }

// WithoutTaint copies taints and leaves the startup taint out.
func WithoutTaint(taints []corev1.Taint) []corev1.Taint {
	return slices.DeleteFunc(slices.Clone(taints), isTaint)
}

func isTaint(taint corev1.Taint) bool { return taint.MatchTaint(&Taint) }

// Ready reports whether pods can start on a Node, whatever the startup taint says about who may come.
func Ready(node *corev1.Node) bool {
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
