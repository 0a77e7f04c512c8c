package scenario

import (
	"fmt"
	"math"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// limits is the value of the key limits.
type limits struct {
	MaxNewNodes  int                 `json:"maxNewNodes"`
	MaxNodes     int                 `json:"maxNodes"`
	MaxResources corev1.ResourceList `json:"maxResources"`
}

func takeLimits(e *element) {
	var l limits
	if !e.decode(&l) {
		return
	}
	if l.MaxNewNodes < 0 {
		e.wrong(fmt.Sprintf("%d is negative: want a number of nodes, or 0 for any number", l.MaxNewNodes), "maxNewNodes")
	}
	if l.MaxNodes < 0 {
		e.wrong(fmt.Sprintf("%d is negative: want a number of nodes, or 0 for any number", l.MaxNodes), "maxNodes")
	}
	e.reader.scenario.Snapshot.Limits = plan.Limits{MaxNewNodes: l.MaxNewNodes, MaxNodes: l.MaxNodes, MaxResources: l.MaxResources}
}

// policy is the value of the key policy.
type policy struct {
	SchedulerNames  []string `json:"schedulerNames"`
	PriorityCutoff  *int32   `json:"priorityCutoff"`
	PreferenceShare float64  `json:"preferenceShare"`
}

func takePolicy(e *element) {
	var p policy
	if !e.decode(&p) {
		return
	}
	if p.PreferenceShare < 0 || p.PreferenceShare > 1 || math.IsNaN(p.PreferenceShare) {
		e.wrong(fmt.Sprintf("%v: want a share of the price from 0 to 1, such as 0.05", p.PreferenceShare), "preferenceShare")
	}
	e.reader.scenario.Snapshot.Policy = plan.Policy{
		SchedulerNames: p.SchedulerNames, PriorityCutoff: p.PriorityCutoff, PreferenceShare: p.PreferenceShare,
	}
}
