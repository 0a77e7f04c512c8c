package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/internal/config"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

func TestLimitsOfTheConfigurationReachThePlanner(t *testing.T) {
	tests := map[string]struct {
		settings config.Controller
		want     plan.Limits
	}{
		"none": {want: plan.Limits{MaxResources: corev1.ResourceList{}}},
		"all": {
			config.Controller{MaxNewNodesPerPlan: 3, MaxNodes: 40, MaxCPU: 64, MaxMemory: 256},
			plan.Limits{MaxNewNodes: 3, MaxNodes: 40, MaxResources: corev1.ResourceList{
				corev1.ResourceCPU: resource.MustParse("64"), corev1.ResourceMemory: resource.MustParse("256Gi"),
			}},
		},
		"one resource": {
			config.Controller{MaxMemory: 1},
			plan.Limits{MaxResources: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, limitsOf(test.settings)); diff != "" {
				t.Errorf("limits (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPolicyOfTheConfigurationReachesThePlanner(t *testing.T) {
	got := policyOf(config.Controller{SchedulerNames: []string{"default-scheduler", "mine"}, PriorityCutoff: -10, PreferenceShare: 5})
	cutoff := int32(-10)
	want := plan.Policy{SchedulerNames: []string{"default-scheduler", "mine"}, PriorityCutoff: &cutoff, PreferenceShare: 0.05}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
}
