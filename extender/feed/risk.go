package feed

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// interrupting are the conditions, set by people or their tools, by which a Node says that its pods are about to be interrupted. A
// Node that is merely not ready is none of them: Kubernetes taints it, so that the scheduler keeps off by itself.
var interrupting = map[corev1.NodeConditionType]bool{
	corev1.NodeGracefulNodeShutdownInProgress: true,
	corev1.NodeDrainInProgress:                true,
	corev1.NodeDrained:                        true,
	corev1.NodeMaintenancePlanned:             true,
	corev1.NodeMaintenanceInProgress:          true,
}

// interrupted tells whether a Node says that its pods are about to be interrupted.
func interrupted(node *corev1.Node) bool {
	for i := range node.Status.Conditions {
		condition := &node.Status.Conditions[i]
		if condition.Status == corev1.ConditionTrue && interrupting[condition.Type] {
			return true
		}
	}
	return false
}

// spot tells whether the cloud may take the machine of a Node back at any time.
func spot(node *corev1.Node) bool {
	return node.Labels[v1alpha1.LabelCapacityType] == string(cloud.CapacitySpot)
}

// failing are the reasons for which a VPSieNode that is not ready gets replaced rather than waited for.
var failing = map[string]bool{
	v1alpha1.ReasonMachineBroken:  true,
	v1alpha1.ReasonMachineMissing: true,
	v1alpha1.ReasonReadyTimeout:   true,
}

// fails tells whether a machine is about to be replaced.
func fails(vn *v1alpha1.VPSieNode) bool {
	if vn.Status.Phase == v1alpha1.PhaseFailed {
		return true
	}
	ready := meta.FindStatusCondition(vn.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Status == metav1.ConditionFalse && failing[ready.Reason]
}
