package provisioner

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/groups"
)

// view is what a snapshot was made from, kept so that the plan can be carried out.
type view struct {
	snapshot plan.Snapshot
	groups   map[string]*v1alpha1.NodeGroup // by namespace/name
	listings map[offeringKey]Listing
	// marketError is the first error of a data centre whose offerings could not be listed.
	marketError error
	// planID identifies the plan that is carried out.
	planID string
}

// gather reads the cluster and the market.
func (p *Provisioner) gather(ctx context.Context, pending []*corev1.Pod) (*view, error) {
	v := &view{groups: map[string]*v1alpha1.NodeGroup{}, listings: map[offeringKey]Listing{}}
	v.snapshot.Pods = pending
	v.snapshot.Policy = p.options.Policy

	vpsieNodes, err := p.vpsieNodes(ctx)
	if err != nil {
		return nil, err
	}
	census, err := p.takeCensus(ctx, vpsieNodes)
	if err != nil {
		return nil, err
	}
	v.snapshot.Nodes = census.nodes
	v.snapshot.Limits, v.snapshot.Leaving = p.options.Limits, census.going
	if v.snapshot.Daemons, err = p.daemons(ctx); err != nil {
		return nil, err
	}
	if v.snapshot.Namespaces, err = p.namespaceLabels(ctx); err != nil {
		return nil, err
	}
	if v.snapshot.Storage, err = p.storage(ctx); err != nil {
		return nil, err
	}
	if err := p.addGroups(ctx, v, vpsieNodes, census.attach); err != nil {
		return nil, err
	}
	p.addOfferings(ctx, v)
	return v, nil
}

// vpsieNodes lists the VPSieNodes of the cache and those written a moment ago that the cache does not show yet.
func (p *Provisioner) vpsieNodes(ctx context.Context) ([]*v1alpha1.VPSieNode, error) {
	var list v1alpha1.VPSieNodeList
	if err := p.client.List(ctx, &list); err != nil {
		return nil, fmt.Errorf("list VPSieNodes: %w", err)
	}
	nodes := make([]*v1alpha1.VPSieNode, len(list.Items))
	for i := range list.Items {
		nodes[i] = &list.Items[i]
	}
	return p.assumed.merge(nodes), nil
}

// namespaceLabels are the labels of every namespace.
func (p *Provisioner) namespaceLabels(ctx context.Context) (map[string]map[string]string, error) {
	list := metav1.PartialObjectMetadataList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "NamespaceList"}}
	if err := p.client.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list Namespaces: %w", err)
	}
	labels := make(map[string]map[string]string, len(list.Items))
	for i := range list.Items {
		labels[list.Items[i].Name] = list.Items[i].Labels
	}
	return labels, nil
}

// addGroups adds the NodeGroups that are there to stay.
func (p *Provisioner) addGroups(ctx context.Context, v *view, vpsieNodes []*v1alpha1.VPSieNode, attach *attachLimits) error {
	var list v1alpha1.NodeGroupList
	if err := p.client.List(ctx, &list); err != nil {
		return fmt.Errorf("list NodeGroups: %w", err)
	}
	count, going := map[string]int{}, map[string]int{}
	for _, node := range vpsieNodes {
		key := node.Namespace + "/" + node.Spec.NodeGroupName
		if node.DeletionTimestamp == nil {
			count[key]++
		} else {
			going[key]++
		}
	}
	for i := range list.Items {
		group := &list.Items[i]
		if group.DeletionTimestamp != nil {
			continue
		}
		key := group.Namespace + "/" + group.Name
		// A machine that is being removed still exists and still costs, so it counts against maxNodes.
		room := max(0, int(group.Spec.MaxNodes)-going[key])
		v.groups[key] = group
		planned := groups.Of(group)
		planned.Nodes, planned.Desired, planned.Max = count[key], min(int(group.Desired()), room), room
		planned.AttachLimits = attach.forecast(key)
		v.snapshot.Groups = append(v.snapshot.Groups, planned)
	}
	return nil
}

// addOfferings asks for the offerings of every data centre that a group stands in. One that does not answer offers nothing.
func (p *Provisioner) addOfferings(ctx context.Context, v *view) {
	asked := map[string]bool{}
	for _, group := range v.snapshot.Groups {
		if asked[group.DatacenterID] {
			continue
		}
		asked[group.DatacenterID] = true
		listings, err := p.market.Listings(ctx, group.DatacenterID)
		if err != nil && v.marketError == nil {
			v.marketError = err
		}
		for _, listing := range listings {
			v.listings[offeringKey{group.DatacenterID, listing.Cloud.ID}] = listing
			v.snapshot.Offerings = append(v.snapshot.Offerings, listing.Plan)
		}
	}
}
