package rebalancer

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/optimistic"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/internal/workload"
	"github.com/vpsie/vpsie-autoscaler/rebalancer/candidates"
	"github.com/vpsie/vpsie-autoscaler/rebalancer/drain"
)

// EventScalingDown on a NodeGroup: a node is given up.
const EventScalingDown = "ScalingDown"

// Parts are what a ScaleDown works with; all are required.
type Parts struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads from the API server itself.
	Live    client.Reader
	Drainer *drain.Drainer
	Metrics *telemetry.Metrics
	Events  events.EventRecorder
	// Settle is how long a node stays cordoned before its emptiness is believed: the time in which a pod that was already
	// being bound to it arrives.
	Settle time.Duration
}

// ScaleDown removes nodes that a group does not need. It reconciles NodeGroups.
type ScaleDown struct{ Parts }

// podNodeField is the index under which the pods of a node are found; the API server knows it by the same name.
const podNodeField = "spec.nodeName"

// Setup registers the controller with a manager.
func (s *ScaleDown) Setup(ctx context.Context, manager ctrl.Manager) error {
	byNode := func(object client.Object) []string { return []string{object.(*corev1.Pod).Spec.NodeName} }
	if err := manager.GetFieldIndexer().IndexField(ctx, &corev1.Pod{}, podNodeField, byNode); err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(manager).
		Named("scaledown").
		For(&v1alpha1.NodeGroup{}).
		Owns(&v1alpha1.VPSieNode{}).
		Watches(&corev1.Pod{}, handler.EnqueueRequestsFromMapFunc(s.ofPod)).
		WithEventFilter(comesOrGoes()).
		Complete(optimistic.Retry(s))
}

// comesOrGoes lets pods through only when one arrives at a node or leaves it, and everything else always.
func comesOrGoes() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(update event.UpdateEvent) bool {
		before, isPod := update.ObjectOld.(*corev1.Pod)
		if !isPod {
			return true
		}
		after := update.ObjectNew.(*corev1.Pod)
		return before.Spec.NodeName != after.Spec.NodeName || workload.Finished(before) != workload.Finished(after)
	}}
}

// ofPod finds the group of the node that a pod is on.
func (s *ScaleDown) ofPod(ctx context.Context, object client.Object) []reconcile.Request {
	pod := object.(*corev1.Pod)
	var node corev1.Node
	if pod.Spec.NodeName == "" || s.Client.Get(ctx, client.ObjectKey{Name: pod.Spec.NodeName}, &node) != nil {
		return nil
	}
	name, namespace := node.Labels[v1alpha1.LabelNodeGroup], node.Labels[v1alpha1.LabelNodeGroupNamespace]
	if name == "" || namespace == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: client.ObjectKey{Namespace: namespace, Name: name}}}
}

// Reconcile judges the nodes of a group and removes those that may go.
func (s *ScaleDown) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	var group v1alpha1.NodeGroup
	if err := s.Client.Get(ctx, request.NamespacedName, &group); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if group.DeletionTimestamp != nil {
		return reconcile.Result{}, nil
	}
	members, err := s.gather(ctx, &group)
	if err != nil {
		return reconcile.Result{}, err
	}
	now := time.Now()
	if err := s.recordEmptiness(ctx, members, now); err != nil {
		return reconcile.Result{}, err
	}
	var next time.Time
	for _, verdict := range candidates.Decide(snapshot(&group, members), now) {
		again, err := s.act(ctx, &group, members[verdict.Node], verdict)
		if err != nil {
			return reconcile.Result{}, err
		}
		next = earliest(next, verdict.Again, again)
	}
	if next.IsZero() {
		return reconcile.Result{}, nil
	}
	return reconcile.Result{RequeueAfter: max(time.Until(next), time.Millisecond)}, nil
}

// earliest is the first of the times that is set; zero when none is.
func earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if first.IsZero() || (!t.IsZero() && t.Before(first)) {
			first = t
		}
	}
	return first
}
