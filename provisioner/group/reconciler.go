package group

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/costs"
	"github.com/vpsie/vpsie-autoscaler/internal/optimistic"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/provisioner"
)

// Market says whether a group can buy anything, and what it costs.
type Market interface {
	Judge(ctx context.Context, group *v1alpha1.NodeGroup) provisioner.Verdict
	// Cost is what the group costs an hour.
	Cost(ctx context.Context, group *v1alpha1.NodeGroup, members []v1alpha1.VPSieNode) costs.Group
}

// Parts are what a Reconciler works with; all are required.
type Parts struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	Market Market
	// Short is called when a group has fewer nodes than it should, so that a plan may be made.
	Short   func()
	Metrics *telemetry.Metrics
	// Recheck is how often the market is asked about a group that it cannot serve, or that has not changed.
	Recheck time.Duration
}

// Reconciler keeps NodeGroups.
type Reconciler struct{ Parts }

// Setup registers the reconciler with a manager.
func (r *Reconciler) Setup(manager ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(manager).
		Named("nodegroup").
		For(&v1alpha1.NodeGroup{}).
		Owns(&v1alpha1.VPSieNode{}).
		Complete(optimistic.Retry(r))
}

// Reconcile brings a group's bounds, status and metrics in step with the cluster.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	var group v1alpha1.NodeGroup
	if err := r.Client.Get(ctx, request.NamespacedName, &group); err != nil {
		if client.IgnoreNotFound(err) == nil {
			r.forget(request.Name, request.Namespace)
		}
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	members, err := r.members(ctx, &group)
	if err != nil {
		return reconcile.Result{}, err
	}
	if group.DeletionTimestamp != nil {
		return reconcile.Result{}, r.end(ctx, &group, members)
	}
	if err := r.settle(ctx, &group); err != nil {
		return reconcile.Result{}, err
	}
	count := tally(members)
	if count.staying < group.Desired() {
		r.Short()
	}
	verdict := r.Market.Judge(ctx, &group)
	r.publish(&group, members, count)
	if cost := r.Market.Cost(ctx, &group, members); len(cost.Unpriced) == 0 {
		r.Metrics.NodeGroupCost.WithLabelValues(group.Name, group.Namespace).Set(cost.PerHour.Units())
	}
	if err := r.saveStatus(ctx, &group, count, verdict); err != nil {
		return reconcile.Result{}, err
	}
	return reconcile.Result{RequeueAfter: r.Recheck}, nil
}

// members lists the VPSieNodes of a group.
func (r *Reconciler) members(ctx context.Context, group *v1alpha1.NodeGroup) ([]v1alpha1.VPSieNode, error) {
	var list v1alpha1.VPSieNodeList
	if err := r.Client.List(ctx, &list, client.InNamespace(group.Namespace)); err != nil {
		return nil, fmt.Errorf("list VPSieNodes of NodeGroup %s/%s: %w", group.Namespace, group.Name, err)
	}
	var members []v1alpha1.VPSieNode
	for _, node := range list.Items {
		if node.Spec.NodeGroupName == group.Name {
			members = append(members, node)
		}
	}
	return members, nil
}

// settle puts the finalizer on and brings desiredNodes within bounds that have moved.
func (r *Reconciler) settle(ctx context.Context, group *v1alpha1.NodeGroup) error {
	before := group.DeepCopy()
	controllerutil.AddFinalizer(group, v1alpha1.FinalizerNodeGroup)
	desired := group.Desired()
	group.Spec.DesiredNodes = &desired
	if equality.Semantic.DeepEqual(before, group) {
		return nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, group, patch); err != nil {
		return fmt.Errorf("settle NodeGroup %s/%s: %w", group.Namespace, group.Name, err)
	}
	return nil
}

// end deletes the members of a deleted group and lets the group go when none is left.
func (r *Reconciler) end(ctx context.Context, group *v1alpha1.NodeGroup, members []v1alpha1.VPSieNode) error {
	for i := range members {
		if members[i].DeletionTimestamp != nil {
			continue
		}
		if err := r.Client.Delete(ctx, &members[i]); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("delete VPSieNode %s of NodeGroup %s/%s: %w", members[i].Name, group.Namespace, group.Name, err)
		}
	}
	if len(members) > 0 {
		count := tally(members)
		r.publish(group, members, count)
		return r.saveStatus(ctx, group, count, provisioner.Verdict{
			Reason: v1alpha1.ReasonDeleting, Message: fmt.Sprintf("waiting for %d nodes to be drained and deleted", len(members)),
		})
	}
	before := group.DeepCopy()
	if !controllerutil.RemoveFinalizer(group, v1alpha1.FinalizerNodeGroup) {
		return nil
	}
	// A VPSieNode that the cache does not show yet names this group as its owner, so the garbage collector deletes it.
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, group, patch); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("release NodeGroup %s/%s: %w", group.Namespace, group.Name, err)
	}
	return nil
}
