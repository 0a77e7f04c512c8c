package lifecycle

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/optimistic"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Drainer empties a Node before its machine is deleted.
type Drainer interface {
	// Drain keeps new pods off the node and asks for the eviction of those that are there. It returns at once; done says that
	// no workload pod is left, message what is still waited for. It is called again until it is done.
	Drain(ctx context.Context, node *corev1.Node) (done bool, message string, err error)
}

// Market is told what could not be bought.
type Market interface {
	MarkSoldOut(datacenterID, offeringID string)
}

// Options configure a Reconciler.
type Options struct {
	// LaunchTimeout is how long a machine may take from the request to being listed and running.
	LaunchTimeout time.Duration
	// JoinTimeout is how long a running machine may take to register its Node.
	JoinTimeout time.Duration
	// LostTimeout is how long a requested machine may be neither listed nor queued before it is given up. It is also how long
	// the cloud is watched for it afterwards before its absence is believed.
	LostTimeout time.Duration
	// PollInterval is how often the cloud is asked about a machine at first; a machine that takes long is asked about less.
	PollInterval time.Duration
	// RetryInterval is how long to wait after a refusal that only people can end: credentials, quota, an invalid request.
	RetryInterval time.Duration
	// ReadyTimeout is how long a Node may take from having joined to being ready for the first time; zero means JoinTimeout.
	ReadyTimeout time.Duration
	// AwaitOpening leaves the startup taint on Nodes that were bought for pods: an opening.Opener takes it off when they are ready.
	AwaitOpening bool
	// ClusterID and Version are what the machines' tags say of the cluster and of the autoscaler.
	ClusterID, Version string
}

// Parts are what a Reconciler works with; all but Gone are required.
type Parts struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads from the API server itself.
	Live      client.Reader
	Provider  cloud.Provider
	Inventory *Inventory
	Tokens    *bootstrap.Tokens
	// Cluster tells a new machine what to join.
	Cluster func(ctx context.Context) (bootstrap.Cluster, error)
	// Sources read what NodeGroups give their machines.
	Sources bootstrap.Sources
	Drainer Drainer
	Market  Market
	// Released is called when a VPSieNode has gone or failed, so that a new plan may be made.
	Released func()
	// Gone is called before Released with the UID of the VPSieNode, so that nobody counts on it any more. Nil means that nobody does.
	Gone    func(uid types.UID)
	Metrics *telemetry.Metrics
	Events  events.EventRecorder
}

// Reconciler carries VPSieNodes through their lives.
type Reconciler struct {
	Parts
	options  Options
	pause    pause
	absences absences
	attempts attempts
}

// New makes a Reconciler.
func New(parts Parts, options Options) *Reconciler {
	options.ReadyTimeout = cmp.Or(options.ReadyTimeout, options.JoinTimeout)
	return &Reconciler{Parts: parts, options: options}
}

// NodeNameField is the index under which a VPSieNode is found by the name of its Node.
const NodeNameField = "nodeName"

// NodeNames are the values of the index NodeNameField.
func NodeNames(object client.Object) []string {
	return []string{object.(*v1alpha1.VPSieNode).NodeName()}
}

// concurrency bounds the VPSieNodes in work at once; most of their time is spent waiting for the cloud.
const concurrency = 16

// Setup registers the reconciler with a manager.
func (r *Reconciler) Setup(ctx context.Context, manager ctrl.Manager) error {
	if err := manager.GetFieldIndexer().IndexField(ctx, &v1alpha1.VPSieNode{}, NodeNameField, NodeNames); err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(manager).
		Named("vpsienode").
		For(&v1alpha1.VPSieNode{}).
		Watches(&corev1.Node{}, handler.EnqueueRequestsFromMapFunc(r.ofNode)).
		Watches(&v1alpha1.NodeGroup{}, handler.EnqueueRequestsFromMapFunc(r.ofGroup), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: concurrency}).
		Complete(optimistic.Retry(r))
}

// outcome is what a step wants next. Its zero value lets the next step run.
type outcome struct {
	// stop keeps the steps after this one from running.
	stop bool
	// again is when to look again; zero means when something changes.
	again time.Duration
	// failed says why the machine will never become a node; its VPSieNode is deleted for it.
	failed string
}

// waitFor stops at a step and comes back to it.
func waitFor(d time.Duration) outcome { return outcome{stop: true, again: d} }

type step func(context.Context, *life) (outcome, error)

// Reconcile takes the steps that a VPSieNode is due, then writes down what was seen.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	var object v1alpha1.VPSieNode
	if err := r.Client.Get(ctx, request.NamespacedName, &object); err != nil {
		if apierrors.IsNotFound(err) {
			r.absences.forget(request.Name)
			r.attempts.forget(request.Name)
		}
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	node, err := r.nodeOf(ctx, &object)
	if err != nil {
		return reconcile.Result{}, err
	}
	l := newLife(&object, node)
	steps := []step{r.belong, r.hold, r.launch, r.look, r.register, r.watch, r.configure}
	if object.DeletionTimestamp != nil {
		steps = []step{r.drain, r.removeNode, r.removeMachine, r.release}
	}
	result, stepErr := run(ctx, l, steps)
	if err := r.save(ctx, l); err != nil {
		return reconcile.Result{}, errors.Join(stepErr, err)
	}
	if stepErr == nil && result.failed != "" {
		return reconcile.Result{}, r.giveUp(ctx, l, result.failed)
	}
	return reconcile.Result{RequeueAfter: result.again}, stepErr
}

// run takes the steps until one stops. Of the times at which they want to look again the first counts.
func run(ctx context.Context, l *life, steps []step) (outcome, error) {
	var again time.Duration
	for _, take := range steps {
		result, err := take(ctx, l)
		if again == 0 || result.again > 0 && result.again < again {
			again = result.again
		}
		if err != nil || result.stop || result.failed != "" {
			result.again = again
			return result, err
		}
	}
	return outcome{again: again}, nil
}

// nodeOf is the Node that a VPSieNode became; nil when there is none.
func (r *Reconciler) nodeOf(ctx context.Context, object *v1alpha1.VPSieNode) (*corev1.Node, error) {
	var node corev1.Node
	err := r.Client.Get(ctx, client.ObjectKey{Name: object.NodeName()}, &node)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return &node, err
}

// giveUp deletes a VPSieNode whose machine will never become a node; the deletion makes sure of the machine.
func (r *Reconciler) giveUp(ctx context.Context, l *life, why string) error {
	logr.FromContextOrDiscard(ctx).Info("giving up on a machine", "node", l.object.Name, "because", why)
	r.Events.Eventf(l.object, nil, corev1.EventTypeWarning, EventFailed, "GiveUp", "%s", why)
	err := r.Client.Delete(ctx, l.object, client.Preconditions{UID: &l.object.UID})
	return client.IgnoreNotFound(err)
}
