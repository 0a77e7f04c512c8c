package main

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/internal/config"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// limitsOf are the limits of the whole cluster.
func limitsOf(settings config.Controller) plan.Limits {
	limits := plan.Limits{MaxNewNodes: settings.MaxNewNodesPerPlan, MaxNodes: settings.MaxNodes, MaxResources: corev1.ResourceList{}}
	if cores := settings.MaxCPU; cores > 0 {
		limits.MaxResources[corev1.ResourceCPU] = *resource.NewQuantity(int64(cores), resource.DecimalSI)
	}
	if gibibytes := settings.MaxMemory; gibibytes > 0 {
		limits.MaxResources[corev1.ResourceMemory] = *resource.NewQuantity(int64(gibibytes)<<30, resource.BinarySI)
	}
	return limits
}

// policyOf is what the user wants of plans.
func policyOf(settings config.Controller) plan.Policy {
	cutoff := int32(settings.PriorityCutoff)
	return plan.Policy{
		SchedulerNames:  settings.SchedulerNames,
		PriorityCutoff:  &cutoff,
		PreferenceShare: float64(settings.PreferenceShare) / 100,
	}
}
