package nodegroup

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// labelControlPlane makes load balancers and many tools treat a node as one of the control plane.
const labelControlPlane = "node-role.kubernetes.io/control-plane"

// doubts warns of what is legal but perhaps not meant.
func doubts(spec *v1alpha1.NodeGroupSpec) []string {
	var warnings []string
	switch keeps := off(spec.ScaleDownPolicy.Enabled); {
	case spec.MaxNodes == 0:
		warnings = append(warnings, "spec.maxNodes is 0: the group will never have a node")
	case spec.MinNodes == spec.MaxNodes:
		warnings = append(warnings, "spec.minNodes equals spec.maxNodes: the group has a fixed size, whatever the pods need")
	case keeps && spec.MinNodes < spec.MaxNodes:
		warnings = append(warnings, "spec.scaleDownPolicy.enabled is false: nodes bought for a peak are paid for until you remove them")
	}
	for i, taint := range spec.Taints {
		if taint.Effect == corev1.TaintEffectNoExecute {
			warnings = append(warnings, fmt.Sprintf("spec.taints[%d] is NoExecute: it also evicts DaemonSet pods that do not "+
				"tolerate it, such as log collectors", i))
		}
	}
	if _, found := spec.Labels[labelControlPlane]; found {
		warnings = append(warnings, "spec.labels["+labelControlPlane+"]: load balancers leave out nodes with this label")
	}
	return warnings
}

// off reports whether a switch that defaults to true is false.
func off(enabled *bool) bool { return enabled != nil && !*enabled }
