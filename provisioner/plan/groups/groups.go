// Package groups makes the planner's groups of NodeGroups, so that admission, purchase and rehearsal plan with the same ones.
package groups

import (
	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Of is the group as its specification has it, without nodes and with none wanted: Nodes, Desired and AttachLimits depend on more
// than the NodeGroup, and are left to the caller. It shares the specification's lists.
func Of(group *v1alpha1.NodeGroup) plan.Group {
	enabled := group.Spec.ScaleUpPolicy.Enabled
	return plan.Group{
		Key:                 group.Namespace + "/" + group.Name,
		Max:                 int(group.Spec.MaxNodes),
		ScaleUp:             enabled == nil || *enabled,
		DatacenterID:        group.Spec.DatacenterID,
		OfferingIDs:         group.Spec.OfferingIDs,
		PreferredOfferingID: group.Spec.PreferredOfferingID,
		Priority:            int(group.Spec.Priority),
		Labels:              group.NodeLabels(),
		Taints:              group.Spec.Taints,
	}
}
