package eviction

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// nodes are those of which there is something to tell, by name.
type nodes map[string]node

// node is what a decision wants to know of a Node.
type node struct {
	override string
	lost     bool
}

func (n nodes) put(object *corev1.Node) {
	told := node{override: object.Annotations[v1alpha1.AnnotationEvictionOverride], lost: lost(object)}
	if told == (node{}) {
		delete(n, object.Name)
		return
	}
	n[object.Name] = told
}

// lost reports whether the node controller misses the reports of the kubelet.
func lost(object *corev1.Node) bool {
	for i := range object.Status.Conditions {
		if c := &object.Status.Conditions[i]; c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionUnknown
		}
	}
	return false
}
