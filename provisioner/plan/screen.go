package plan

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/volumes"
)

// screen says why nothing is done for a pod whatever nodes there are, or gives an empty reason.
func screen(pod *corev1.Pod, policy *Policy, demand *volumes.Demand) (Reason, string) {
	if why := notPending(pod); why != "" {
		return ReasonNotPending, why
	}
	if name := pod.Spec.SchedulerName; len(policy.SchedulerNames) > 0 && !slices.Contains(policy.SchedulerNames, schedulerName(name)) {
		return ReasonOtherScheduler, fmt.Sprintf("spec.schedulerName %q is not one of %q, whose pods get nodes", name, policy.SchedulerNames)
	}
	if gates := pod.Spec.SchedulingGates; len(gates) > 0 {
		return ReasonSchedulingGated, fmt.Sprintf("waits for scheduling gate %q to be removed", gates[0].Name)
	}
	if claims := pod.Spec.ResourceClaims; len(claims) > 0 {
		return ReasonResourceClaims, fmt.Sprintf("spec.resourceClaims[0] %q asks for devices, which no offering promises; "+
			"remove the claim or give the cluster a node with such a device", claims[0].Name)
	}
	if demand != nil && demand.Problem != "" {
		return ReasonVolumes, demand.Problem
	}
	return "", ""
}

func schedulerName(name string) string {
	if name == "" {
		return corev1.DefaultSchedulerName
	}
	return name
}

// notPending says why a pod does not wait for a node at all.
func notPending(pod *corev1.Pod) string {
	switch {
	case pod.Spec.NodeName != "":
		return "is bound to node " + pod.Spec.NodeName
	case pod.DeletionTimestamp != nil:
		return "is being deleted"
	case pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed:
		return "has finished as " + string(pod.Status.Phase)
	case pod.Annotations[corev1.MirrorPodAnnotationKey] != "":
		return "mirrors a static pod, which its kubelet runs"
	default:
		return ""
	}
}
