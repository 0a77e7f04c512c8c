package diary

import (
	"slices"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Agreement is how far kube-scheduler followed the plan.
type Agreement struct {
	// Planned is how many pods some machine was bought for by name.
	Planned int
	// OnPlanned is how many of them came to a machine that was bought for them.
	OnPlanned int
	// Nominated is how many pods, planned by name or not, were nominated for a node before they had one, OnNominated how many of them
	// came to that node.
	Nominated, OnNominated int
}

// Share is the part of the planned pods that came where they were planned; 1 when none was planned.
func (a Agreement) Share() float64 {
	if a.Planned == 0 {
		return 1
	}
	return float64(a.OnPlanned) / float64(a.Planned)
}

// Agree compares where pods are with what the machines were bought for. A pod without a node is planned and not there.
func Agree(entries []Entry, machines []v1alpha1.VPSieNode) Agreement {
	planned := map[string][]string{} // pod to the nodes that were bought for it
	for i := range machines {
		for _, pod := range machines[i].Spec.Decision.Pods {
			planned[pod] = append(planned[pod], machines[i].NodeName())
		}
	}
	var a Agreement
	for _, e := range entries {
		if e.Nominated != "" {
			a.Nominated++
		}
		if e.Nominated != "" && e.Nominated == e.Node {
			a.OnNominated++
		}
		nodes := planned[e.Pod]
		if len(nodes) == 0 {
			continue
		}
		a.Planned++
		if slices.Contains(nodes, e.Node) {
			a.OnPlanned++
		}
	}
	return a
}
