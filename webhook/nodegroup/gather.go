package nodegroup

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// gather reads what a group is compared with from memory. Warnings say what could not be read.
func (v Validator) gather(ctx context.Context, before, group *v1alpha1.NodeGroup) (*Surroundings, []string) {
	s := &Surroundings{Before: before, Capabilities: v.Capabilities}
	if v.Market != nil {
		s.Market = v.Market.Market()
		s.MarketAwaited = s.Market == nil
	}
	if v.Cached == nil {
		return s, nil
	}
	var warnings []string
	for _, read := range []func(context.Context, *v1alpha1.NodeGroup, *Surroundings) error{v.readGroups, v.countNodes, v.readDaemons} {
		if err := read(ctx, group, s); err != nil {
			warnings = append(warnings, fmt.Sprintf("the group could not be compared with the cluster: %v", err))
		}
	}
	return s, warnings
}

func (v Validator) readGroups(ctx context.Context, _ *v1alpha1.NodeGroup, s *Surroundings) error {
	var list v1alpha1.NodeGroupList
	if err := v.Cached.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list NodeGroups: %w", err)
	}
	s.Groups = list.Items
	return nil
}

func (v Validator) countNodes(ctx context.Context, group *v1alpha1.NodeGroup, s *Surroundings) error {
	if s.Before == nil {
		return nil // a new group has none
	}
	var list v1alpha1.VPSieNodeList
	if err := v.Cached.List(ctx, &list, client.InNamespace(group.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list VPSieNodes: %w", err)
	}
	for i := range list.Items {
		if list.Items[i].Spec.NodeGroupName == group.Name && list.Items[i].DeletionTimestamp == nil {
			s.Nodes++
		}
	}
	return nil
}

func (v Validator) readDaemons(ctx context.Context, _ *v1alpha1.NodeGroup, s *Surroundings) error {
	var list appsv1.DaemonSetList
	if err := v.Cached.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list DaemonSets: %w", err)
	}
	for i := range list.Items {
		if list.Items[i].DeletionTimestamp == nil {
			s.Daemons = append(s.Daemons, workload.DaemonPod(&list.Items[i]))
		}
	}
	return nil
}
