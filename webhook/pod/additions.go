// Package pod sends pods to the NodeGroup that they name.
//
// A pod with the label autoscaler.vpsie.com/node-group gets a node selector for the nodes of that group and tolerations for
// their taints, so that its author need not repeat them. What the author wrote is never changed.
package pod

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Additions are what a pod lacks in order to run on the nodes of a group. The zero value adds nothing.
type Additions struct {
	// NodeSelector is the name of the group to select, or empty.
	NodeSelector string
	// Tolerations are to be appended.
	Tolerations []corev1.Toleration
}

// Missing returns what the pod lacks to run on the nodes of the group. A node selector for another group is left as it is.
func Missing(pod *corev1.Pod, group *v1alpha1.NodeGroup) Additions {
	var missing Additions
	if _, chosen := pod.Spec.NodeSelector[v1alpha1.LabelNodeGroup]; !chosen {
		missing.NodeSelector = group.Name
	}
	for _, taint := range group.Spec.Taints {
		if !tolerated(pod.Spec.Tolerations, taint) && !tolerated(missing.Tolerations, taint) {
			missing.Tolerations = append(missing.Tolerations, corev1.Toleration{
				Key: taint.Key, Operator: corev1.TolerationOpEqual, Value: taint.Value, Effect: taint.Effect,
			})
		}
	}
	return missing
}

// tolerated leaves numeric comparison out: a cluster may have it switched off, and one toleration too many does no harm.
func tolerated(by []corev1.Toleration, taint corev1.Taint) bool {
	return slices.ContainsFunc(by, func(t corev1.Toleration) bool {
		return t.ToleratesTaint(logr.Discard(), &taint, false)
	})
}

// Empty reports whether nothing is to be added.
func (a Additions) Empty() bool { return a.NodeSelector == "" && len(a.Tolerations) == 0 }

// String lists the additions as they are recorded on the pod.
func (a Additions) String() string {
	var list []string
	if a.NodeSelector != "" {
		list = append(list, fmt.Sprintf("nodeSelector %s=%s", v1alpha1.LabelNodeGroup, a.NodeSelector))
	}
	for _, t := range a.Tolerations {
		taint := corev1.Taint{Key: t.Key, Value: t.Value, Effect: t.Effect}
		list = append(list, "toleration "+taint.ToString())
	}
	return strings.Join(list, ", ")
}
