package provisioner

import (
	"context"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// attachLimits tell how many volumes of each CSI driver nodes can attach. A driver that is missing has no limit.
type attachLimits struct {
	byNode map[string]map[string]int
	// byGroup are the smallest limits seen on a node of each NodeGroup, by namespace/name.
	byGroup map[string]map[string]int
	// ours are the smallest limits seen on any node that the autoscaler made.
	ours map[string]int
}

// attachLimits reads what the CSI drivers on the nodes have reported.
func (p *Provisioner) attachLimits(ctx context.Context, nodes []corev1.Node) (*attachLimits, error) {
	var list storagev1.CSINodeList
	if err := p.client.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list CSINodes: %w", err)
	}
	limits := &attachLimits{byNode: map[string]map[string]int{}, byGroup: map[string]map[string]int{}, ours: map[string]int{}}
	for i := range list.Items {
		if reported := reportedLimits(&list.Items[i]); len(reported) > 0 {
			limits.byNode[list.Items[i].Name] = reported
		}
	}
	for i := range nodes {
		limits.learn(&nodes[i])
	}
	return limits, nil
}

func reportedLimits(node *storagev1.CSINode) map[string]int {
	limits := map[string]int{}
	for _, driver := range node.Spec.Drivers {
		if driver.Allocatable != nil && driver.Allocatable.Count != nil {
			limits[driver.Name] = int(*driver.Allocatable.Count)
		}
	}
	return limits
}

// learn takes note of a node from which others can be foreseen.
func (a *attachLimits) learn(node *corev1.Node) {
	if node.Labels[v1alpha1.LabelManaged] != "true" {
		return
	}
	key := node.Labels[v1alpha1.LabelNodeGroupNamespace] + "/" + node.Labels[v1alpha1.LabelNodeGroup]
	if a.byGroup[key] == nil {
		a.byGroup[key] = map[string]int{}
	}
	for driver, limit := range a.byNode[node.Name] {
		lower(a.byGroup[key], driver, limit)
		lower(a.ours, driver, limit)
	}
}

// lower sets a driver's limit unless a smaller one is known.
func lower(limits map[string]int, driver string, limit int) {
	if known, found := limits[driver]; !found || limit < known {
		limits[driver] = limit
	}
}

// forecast is what a future node of a group will report: for each driver the smallest limit on a node of the group, without one
// the smallest on any node of ours.
func (a *attachLimits) forecast(group string) map[string]int {
	limits := maps.Clone(a.ours)
	maps.Copy(limits, a.byGroup[group])
	return limits
}

// expected is what a node that has not settled will report: what it says already, and the forecast for drivers that have not
// come up on it.
func (a *attachLimits) expected(node, group string) map[string]int {
	limits := a.forecast(group)
	maps.Copy(limits, a.byNode[node])
	return limits
}
