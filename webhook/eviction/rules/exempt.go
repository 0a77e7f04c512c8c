package rules

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// exempt reports whether the eviction of a pod disrupts nothing: nobody knows it, it does not run, it is on its way out, or it
// belongs to its node. The API server ignores PodDisruptionBudgets for pods that do not run, too.
func exempt(pod *corev1.Pod) bool {
	return pod == nil || pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodPending ||
		workload.Finished(pod) || workload.OfNode(pod)
}
