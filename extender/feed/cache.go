package feed

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// CacheByObject configures the cache of a process that needs Nodes and Pods for nothing but a Feed: only pods that take room
// on a node are watched, and of pods and nodes only what the Feed reads is kept. A Feed works as well on a cache without it.
func CacheByObject() map[client.Object]cache.ByObject {
	takesRoom := fields.AndSelectors(
		fields.OneTermNotEqualSelector("spec.nodeName", ""),
		fields.OneTermNotEqualSelector("status.phase", string(corev1.PodSucceeded)),
		fields.OneTermNotEqualSelector("status.phase", string(corev1.PodFailed)),
	)
	return map[client.Object]cache.ByObject{
		&corev1.Pod{}:  {Field: takesRoom, Transform: stripPod},
		&corev1.Node{}: {Transform: stripNode},
	}
}

// stripPod keeps of a pod its identity, its node, its phase, what it requests, and by what it is told that the pod belongs to its node.
func stripPod(obj any) (any, error) {
	pod, ok := obj.(*corev1.Pod)
	if !ok {
		return obj, nil
	}
	stripped := &corev1.Pod{
		ObjectMeta: identity(pod.ObjectMeta),
		Spec: corev1.PodSpec{
			NodeName:       pod.Spec.NodeName,
			Overhead:       pod.Spec.Overhead,
			Resources:      pod.Spec.Resources,
			Containers:     stripContainers(pod.Spec.Containers),
			InitContainers: stripContainers(pod.Spec.InitContainers),
		},
		Status: corev1.PodStatus{Phase: pod.Status.Phase},
	}
	if workload.OfNode(pod) {
		stripped.OwnerReferences = pod.OwnerReferences
		stripped.Annotations = only(pod.Annotations, corev1.MirrorPodAnnotationKey)
	}
	return stripped, nil
}

func stripContainers(containers []corev1.Container) []corev1.Container {
	kept := make([]corev1.Container, 0, len(containers))
	for _, c := range containers {
		kept = append(kept, corev1.Container{Name: c.Name, Resources: c.Resources, RestartPolicy: c.RestartPolicy})
	}
	return kept
}

// stripNode keeps of a node its identity, its allocatable resources, whether it is being removed, and what puts its pods at risk.
func stripNode(obj any) (any, error) {
	node, ok := obj.(*corev1.Node)
	if !ok {
		return obj, nil
	}
	stripped := &corev1.Node{
		ObjectMeta: identity(node.ObjectMeta),
		Status:     corev1.NodeStatus{Allocatable: node.Status.Allocatable},
	}
	stripped.Annotations = only(node.Annotations, v1alpha1.AnnotationScaleDownStarted)
	stripped.Labels = only(node.Labels, v1alpha1.LabelCapacityType)
	for _, condition := range node.Status.Conditions {
		if interrupting[condition.Type] {
			stripped.Status.Conditions = append(stripped.Status.Conditions, corev1.NodeCondition{Type: condition.Type, Status: condition.Status})
		}
	}
	return stripped, nil
}

// only is the one entry of a map, or nil when it has none under that key.
func only(all map[string]string, key string) map[string]string {
	value, found := all[key]
	if !found {
		return nil
	}
	return map[string]string{key: value}
}

func identity(of metav1.ObjectMeta) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:              of.Name,
		Namespace:         of.Namespace,
		UID:               of.UID,
		ResourceVersion:   of.ResourceVersion,
		DeletionTimestamp: of.DeletionTimestamp,
	}
}
