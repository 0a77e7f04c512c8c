package vpsienode

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/webhook/market"
)

// Validator answers admission requests about VPSieNodes. The autoscaler itself must not be asked about: it makes VPSieNodes for
// groups that no cache has seen yet.
type Validator struct {
	// Cached finds NodeGroups and VPSieNodes from memory.
	Cached client.Reader
	// Market is what the cloud sells; nil compares with nothing of it.
	Market *market.Watcher
	// Made tells a name that the autoscaler makes for machines of this cluster from all others; nil when that is not known.
	Made func(name string) bool
	// Held says what is in the way of a drain of a Node, pod by pod; nil when that is not known.
	Held func(nodeName string) []string
}

var _ admission.Validator[*v1alpha1.VPSieNode] = Validator{}

// ValidateCreate refuses a VPSieNode that could never become a node of its group.
func (v Validator) ValidateCreate(ctx context.Context, node *v1alpha1.VPSieNode) (admission.Warnings, error) {
	surroundings, err := v.gather(ctx, node)
	if err != nil {
		return nil, apierrors.NewServiceUnavailable(fmt.Sprintf("the NodeGroup of the VPSieNode is not known, try again: %v", err))
	}
	warnings, faults := Decide(node, surroundings)
	if len(faults) > 0 {
		v.Market.Doubt()
		return nil, apierrors.NewInvalid(v1alpha1.GroupVersion.WithKind("VPSieNode").GroupKind(), node.Name, faults)
	}
	return warnings, nil
}

// ValidateUpdate warns when a machine is let go without being deleted. What a VPSieNode wants cannot be changed by its schema.
func (Validator) ValidateUpdate(_ context.Context, before, after *v1alpha1.VPSieNode) (admission.Warnings, error) {
	const ours = v1alpha1.FinalizerVPSieNode
	if !slices.Contains(before.Finalizers, ours) || slices.Contains(after.Finalizers, ours) {
		return nil, nil
	}
	machine := before.Status.MachineID
	if machine == "" {
		machine = "that may have been ordered"
	}
	return admission.Warnings{fmt.Sprintf("the finalizer is gone: nobody waits for the end of machine %s, which costs money until the sweep finds it", machine)}, nil
}

// ValidateDelete allows every deletion: the Node is drained first. It warns of what the drain will wait for.
func (v Validator) ValidateDelete(_ context.Context, node *v1alpha1.VPSieNode) (admission.Warnings, error) {
	if v.Held == nil || node.DeletionTimestamp != nil {
		return nil, nil
	}
	held := v.Held(node.NodeName())
	if len(held) == 0 {
		return nil, nil
	}
	const shown = namesShown
	warnings := admission.Warnings{fmt.Sprintf("the drain of Node %s waits for pods (%d):", node.NodeName(), len(held))}
	for _, pod := range held[:min(len(held), shown)] {
		warnings = append(warnings, pod)
	}
	return warnings, nil
}

// gather reads what a new VPSieNode is compared with.
func (v Validator) gather(ctx context.Context, node *v1alpha1.VPSieNode) (*Surroundings, error) {
	s := &Surroundings{Market: v.Market.Market(), Made: v.Made}
	var groups v1alpha1.NodeGroupList
	if err := v.Cached.List(ctx, &groups, client.InNamespace(node.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list NodeGroups: %w", err)
	}
	for i := range groups.Items {
		s.Groups = append(s.Groups, groups.Items[i].Name)
		if groups.Items[i].Name == node.Spec.NodeGroupName {
			s.Group = &groups.Items[i]
		}
	}
	slices.Sort(s.Groups)
	var nodes v1alpha1.VPSieNodeList
	if err := v.Cached.List(ctx, &nodes, client.InNamespace(node.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list VPSieNodes: %w", err)
	}
	for i := range nodes.Items {
		if nodes.Items[i].Spec.NodeGroupName == node.Spec.NodeGroupName && nodes.Items[i].DeletionTimestamp == nil {
			s.Nodes++
		}
	}
	return s, nil
}
