package pod

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Patch returns the JSON patch that makes the additions to the pod and records them in its annotation.
//
// It is written out rather than computed from two versions of the pod: a pod that went through our types has lost the fields
// of newer API versions, and the difference would take them away.
func (a Additions) Patch(pod *corev1.Pod) []webhook.JSONPatchOp {
	if a.Empty() {
		return nil
	}
	var patch []webhook.JSONPatchOp
	if a.SchedulerName != "" {
		patch = append(patch, add("/spec/schedulerName", a.SchedulerName))
	}
	if len(a.NodeSelector) > 0 && pod.Spec.NodeSelector == nil {
		patch = append(patch, add("/spec/nodeSelector", map[string]string{}))
	}
	for _, key := range sortedKeys(a.NodeSelector) {
		patch = append(patch, add("/spec/nodeSelector/"+escape(key), a.NodeSelector[key]))
	}
	if len(a.Tolerations) > 0 && pod.Spec.Tolerations == nil {
		patch = append(patch, add("/spec/tolerations", []corev1.Toleration{}))
	}
	for _, toleration := range a.Tolerations {
		patch = append(patch, add("/spec/tolerations/-", toleration))
	}
	if pod.Annotations == nil {
		patch = append(patch, add("/metadata/annotations", map[string]string{}))
	}
	return append(patch, add("/metadata/annotations/"+escape(v1alpha1.AnnotationPodMutations), a.record(pod)))
}

func add(path string, value any) webhook.JSONPatchOp {
	return webhook.JSONPatchOp{Operation: "add", Path: path, Value: value}
}

// escape makes a key one step of a JSON pointer.
func escape(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }
