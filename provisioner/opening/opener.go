package opening

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/internal/optimistic"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
)

// EventOpened is the reason of the event on a VPSieNode whose Node was opened to pods.
const EventOpened = "Opened"

// concurrency bounds the writes of a round that are on their way at once.
const concurrency = 32

// Parts are what an Opener works with; all but Planned are required.
type Parts struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Planned lists pods that were planned for a Node after it was bought; nil means that there are none.
	Planned func(node string) []types.NamespacedName
	// Refused says when kube-scheduler last refused a pod.
	Refused func() time.Time
	Metrics *telemetry.Metrics
	Events  events.EventRecorder
	// Patience is how long a Node that has joined may stay closed while it is not ready.
	Patience time.Duration
	// Together is how long a ready Node waits for the others of its plan; zero opens each by itself.
	Together time.Duration
}

// Opener opens Nodes. It looks at all of them at once, since they open in rounds.
type Opener struct {
	Parts
	round  Round
	ready  map[string]time.Time // by Node, until it is open
	opened map[string]time.Time // by Node, while it is watched
}

// New makes an Opener.
func New(parts Parts) *Opener {
	return &Opener{Parts: parts, ready: map[string]time.Time{}, opened: map[string]time.Time{}}
}

// Setup registers the controller with a manager. Every closed Node that changes leads to the same request, and so to one look at a time.
func (o *Opener) Setup(manager ctrl.Manager) error {
	whole := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request {
		return []reconcile.Request{{NamespacedName: types.NamespacedName{Name: "cluster"}}}
	})
	closed := predicate.NewPredicateFuncs(func(object client.Object) bool {
		node, ok := object.(*corev1.Node)
		return ok && Closed(node)
	})
	return ctrl.NewControllerManagedBy(manager).
		Named("opening").
		Watches(&corev1.Node{}, whole, builder.WithPredicates(closed)).
		Complete(optimistic.Retry(o))
}

// Reconcile nominates pods and opens Nodes as far as their time has come.
func (o *Opener) Reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	members, err := o.gather(ctx)
	if err != nil {
		return reconcile.Result{}, err
	}
	snapshot := Snapshot{Round: o.round, Refused: o.Refused(), Patience: o.Patience, Together: o.Together, Now: time.Now()}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		snapshot.Nodes = append(snapshot.Nodes, members[name].Node)
	}
	decision := Decide(snapshot)
	o.round = decision.Round
	o.nominate(ctx, decision.Nominate)
	err = o.open(ctx, members, decision.Open)
	o.conclude(members, snapshot.Now)
	maps.DeleteFunc(o.ready, func(name string, _ time.Time) bool { return members[name] == nil })
	return reconcile.Result{RequeueAfter: decision.Again}, err
}

// nominate writes nominations. One that fails is told and is tried again with the next look, as long as the round has time.
func (o *Opener) nominate(ctx context.Context, nominations []Nomination) {
	var writes errgroup.Group
	writes.SetLimit(concurrency)
	for _, nomination := range nominations {
		writes.Go(func() error { return o.write(ctx, nomination) })
	}
	if err := writes.Wait(); err != nil {
		logr.FromContextOrDiscard(ctx).Error(err, "nominate the pods that Nodes were bought for")
	}
}

// write nominates a pod, unless the pod has changed: then it is looked at again.
func (o *Opener) write(ctx context.Context, nomination Nomination) error {
	pod, err := o.pod(ctx, nomination.Pod)
	if err != nil {
		return client.IgnoreNotFound(err)
	}
	before := pod.DeepCopy()
	pod.Status.NominatedNodeName = nomination.Node
	err = o.Client.Status().Patch(ctx, pod, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return fmt.Errorf("nominate pod %s for Node %q: %w", nomination.Pod, nomination.Node, err)
}

// open takes the startup taint off Nodes, all at once.
func (o *Opener) open(ctx context.Context, members map[string]*member, openings []Opening) error {
	faults := make([]error, len(openings))
	var writes errgroup.Group
	writes.SetLimit(concurrency)
	for i, opening := range openings {
		writes.Go(func() error {
			faults[i] = o.lift(ctx, members[opening.Node].node)
			return nil
		})
	}
	_ = writes.Wait() // the faults are kept one by one
	for i, opening := range openings {
		if faults[i] != nil {
			continue
		}
		m := members[opening.Node]
		o.opened[m.Name], m.Opened = time.Now(), time.Now()
		o.Events.Eventf(m.object, nil, corev1.EventTypeNormal, EventOpened, "Open", "Node %s is open to pods: %s", m.Name, opening.Why)
		logr.FromContextOrDiscard(ctx).Info("Node is open to pods", "node", m.Name, "because", opening.Why)
	}
	return errors.Join(faults...)
}

func (o *Opener) lift(ctx context.Context, node *corev1.Node) error {
	before := node.DeepCopy()
	node.Spec.Taints = WithoutTaint(node.Spec.Taints)
	err := o.Client.Patch(ctx, node, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if err != nil {
		return fmt.Errorf("take the startup taint off Node %s: %w", node.Name, err)
	}
	return nil
}

// conclude counts what has become of the pods of each Node that was opened, once it has not to be watched any more.
func (o *Opener) conclude(members map[string]*member, now time.Time) {
	for name, opened := range o.opened {
		m := members[name]
		if m != nil && m.waits() && now.Sub(opened) < watchTime {
			continue
		}
		delete(o.opened, name)
		if m == nil {
			continue
		}
		for _, pod := range m.Pods {
			o.Metrics.PlannedPods.WithLabelValues(m.object.Spec.NodeGroupName, m.object.Namespace, string(pod.Fate)).Inc()
		}
	}
}
