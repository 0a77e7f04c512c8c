package repair

import (
	"cmp"
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/optimistic"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
)

// Reasons of the events on NodeGroups.
const (
	// EventReplacing: a node of the group has failed and is given up, and another is bought in its place.
	EventReplacing = "Replacing"
	// EventRepairHeld: nodes of the group have failed and are not replaced for now, since too many of the cluster have.
	EventRepairHeld = "RepairHeld"
)

// DefaultTimeout is how long a node may fail before it is replaced, unless Parts say otherwise.
const DefaultTimeout = 10 * time.Minute

// Parts are what a Repair works with. All but Timeout are required.
type Parts struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads from the API server itself: nodes are given up only on its word.
	Live    client.Reader
	Metrics *telemetry.Metrics
	Events  events.EventRecorder
	// Timeout is how long a node may fail before it is replaced; zero means DefaultTimeout.
	Timeout time.Duration
}

// Repair gives failed nodes up. It looks at the whole cluster at once, since how many may go depends on all of them.
type Repair struct {
	Parts
	// held are the groups that were told of nodes that are not replaced for now.
	held map[types.NamespacedName]bool
}

// New makes a Repair.
func New(parts Parts) *Repair {
	parts.Timeout = cmp.Or(parts.Timeout, DefaultTimeout)
	return &Repair{Parts: parts, held: map[types.NamespacedName]bool{}}
}

// Setup registers the controller with a manager. Every VPSieNode that changes leads to the same request, and so to one look at a time.
func (r *Repair) Setup(manager ctrl.Manager) error {
	whole := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request {
		return []reconcile.Request{{NamespacedName: types.NamespacedName{Name: "cluster"}}}
	})
	return ctrl.NewControllerManagedBy(manager).
		Named("repair").
		Watches(&v1alpha1.VPSieNode{}, whole).
		Complete(optimistic.Retry(r))
}

// Reconcile judges all nodes and gives those up that are to be replaced.
func (r *Repair) Reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	seen, err := r.gather(ctx, r.Client)
	if err != nil {
		return reconcile.Result{}, err
	}
	now := time.Now()
	verdicts := Decide(r.snapshot(seen), now)
	if anyReplaced(verdicts) {
		// The cache may lag behind what was done a moment ago.
		if seen, err = r.gather(ctx, r.Live); err != nil {
			return reconcile.Result{}, err
		}
		verdicts = Decide(r.snapshot(seen), now)
	}
	var next time.Time
	for _, verdict := range verdicts {
		if verdict.Replace {
			if err := r.replace(ctx, seen.members[verdict.Node], verdict); err != nil {
				return reconcile.Result{}, err
			}
		}
		if !verdict.Again.IsZero() && (next.IsZero() || verdict.Again.Before(next)) {
			next = verdict.Again
		}
	}
	r.tellHeld(seen.members, verdicts)
	if next.IsZero() {
		return reconcile.Result{}, nil
	}
	return reconcile.Result{RequeueAfter: max(next.Sub(now), time.Millisecond)}, nil
}

func anyReplaced(verdicts []Verdict) bool {
	for _, verdict := range verdicts {
		if verdict.Replace {
			return true
		}
	}
	return false
}

// replace hands a node over to its lifecycle. The deletion holds only for the version that was judged: a node that has recovered since
// stays.
func (r *Repair) replace(ctx context.Context, m *member, verdict Verdict) error {
	object := m.object
	err := r.Client.Delete(ctx, object, client.Preconditions{UID: &object.UID, ResourceVersion: &object.ResourceVersion})
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("delete VPSieNode %s: %w", verdict.Node, err)
	}
	r.Metrics.NodesReplaced.WithLabelValues(object.Spec.NodeGroupName, object.Namespace, m.node.Fault).Inc()
	r.Events.Eventf(groupOf(object), object, corev1.EventTypeWarning, EventReplacing, "Repair", "replacing %s: %s", object.Name, verdict.Message)
	return nil
}

// tellHeld tells each group once that nodes of it are not replaced for now, and again when that has ended in between.
func (r *Repair) tellHeld(members map[string]*member, verdicts []Verdict) {
	held := map[types.NamespacedName]bool{}
	for _, verdict := range verdicts {
		if verdict.Reason != Held {
			continue
		}
		object := members[verdict.Node].object
		group := types.NamespacedName{Namespace: object.Namespace, Name: object.Spec.NodeGroupName}
		if !held[group] && !r.held[group] {
			r.Events.Eventf(groupOf(object), object, corev1.EventTypeWarning, EventRepairHeld, "Repair", "%s: %s", object.Name, verdict.Message)
		}
		held[group] = true
	}
	r.held = held
}
