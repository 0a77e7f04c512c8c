package lifecycle

import (
	"context"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// ofNode finds the VPSieNode that a Node came from.
func (r *Reconciler) ofNode(ctx context.Context, node client.Object) []reconcile.Request {
	return r.concerned(ctx, func(*v1alpha1.VPSieNode) bool { return true }, client.MatchingFields{NodeNameField: node.GetName()})
}

// ofGroup finds the VPSieNodes of a NodeGroup, whose tags and templates concern them.
func (r *Reconciler) ofGroup(ctx context.Context, group client.Object) []reconcile.Request {
	member := func(object *v1alpha1.VPSieNode) bool { return object.Spec.NodeGroupName == group.GetName() }
	return r.concerned(ctx, member, client.InNamespace(group.GetNamespace()))
}

// concerned are requests for the VPSieNodes of a list that pass a test.
func (r *Reconciler) concerned(ctx context.Context, passes func(*v1alpha1.VPSieNode) bool, options ...client.ListOption) []reconcile.Request {
	var list v1alpha1.VPSieNodeList
	if err := r.Client.List(ctx, &list, options...); err != nil {
		logr.FromContextOrDiscard(ctx).Error(err, "find the VPSieNodes that a change concerns")
		return nil
	}
	var requests []reconcile.Request
	for i := range list.Items {
		if passes(&list.Items[i]) {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
		}
	}
	return requests
}
