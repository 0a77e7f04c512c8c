// Package workload tells the pods that the scheduler places from those that come with a node.
package workload

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Finished reports whether a pod has run to its end and uses nothing any more.
func Finished(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// OfNode reports whether a pod belongs to its node: a DaemonSet placed it there, or it mirrors a static pod of the kubelet. Such a
// pod never asks for a node and never has to leave one.
func OfNode(pod *corev1.Pod) bool {
	if _, mirror := pod.Annotations[corev1.MirrorPodAnnotationKey]; mirror {
		return true
	}
	owner := metav1.GetControllerOfNoCopy(pod)
	return owner != nil && (owner.Kind == "DaemonSet" || owner.Kind == "Node")
}

// MustMove reports whether a pod has to leave its node before the node goes.
func MustMove(pod *corev1.Pod) bool { return !Finished(pod) && !OfNode(pod) }
