package unschedulable

import (
	"slices"

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// pluginConstraints are the constraints of the scheduler's plugins that check one thing only, whatever their words.
var pluginConstraints = map[string]plan.Constraint{
	"NodeAffinity":       plan.ConstraintNodeSelector,
	"NodeName":           plan.ConstraintNodeSelector,
	"TaintToleration":    plan.ConstraintTaint,
	"NodeUnschedulable":  plan.ConstraintTaint,
	"NodePorts":          plan.ConstraintHostPort,
	"PodTopologySpread":  plan.ConstraintTopologySpread,
	"VolumeBinding":      plan.ConstraintVolume,
	"VolumeRestrictions": plan.ConstraintVolume,
	"VolumeZone":         plan.ConstraintVolume,
	"NodeVolumeLimits":   plan.ConstraintVolume,
	"DynamicResources":   plan.ConstraintExtendedResource,
}

// wordConstraints are those of the plugins that check several things, by the words of kube-scheduler 1.37. Of several words of a node the
// first in this order counts.
var wordConstraints = map[string][]struct {
	words      string
	constraint plan.Constraint
}{
	"NodeResourcesFit": {
		{"Insufficient cpu", plan.ConstraintCPU},
		{"Insufficient memory", plan.ConstraintMemory},
		{"Insufficient ephemeral-storage", plan.ConstraintEphemeralStorage},
		{"Too many pods", plan.ConstraintPods},
	},
	"InterPodAffinity": {
		{"node(s) didn't match pod affinity rules", plan.ConstraintAffinity},
		{"node(s) didn't match pod anti-affinity rules", plan.ConstraintAntiAffinity},
		{"node(s) didn't satisfy existing pods anti-affinity rules", plan.ConstraintAntiAffinity},
	},
}

// constraintOf is what keeps a pod off the nodes of a group. It is unknown for plugins and words that we do not know.
func constraintOf(group *diagnosis.Group) plan.Constraint {
	if constraint, known := pluginConstraints[group.Plugin]; known {
		return constraint
	}
	for _, known := range wordConstraints[group.Plugin] {
		if slices.Contains(group.Reasons, known.words) {
			return known.constraint
		}
	}
	if group.Plugin == "NodeResourcesFit" && len(group.Reasons) > 0 {
		return plan.ConstraintExtendedResource // "Insufficient" and its name
	}
	return plan.ConstraintUnknown
}
