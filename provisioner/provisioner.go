package provisioner

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/provisioner/hostnames"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Reasons of the events that the provisioner writes.
const (
	// EventScalingUp on a NodeGroup: nodes were bought.
	EventScalingUp = "ScalingUp"
	// EventNotProvisioned on a Pod: it waits for a node and none is bought for it.
	EventNotProvisioned = "NotProvisioned"
)

// maxMessage leaves room for the reason in an event's note, for which Kubernetes has 1024 bytes.
const maxMessage = 960

// Demand tells which pods wait for a node.
type Demand interface {
	// Pending lists the pods that wait now.
	Pending(ctx context.Context) ([]*corev1.Pod, error)
	// Changed is signalled when more have come to wait.
	Changed() <-chan struct{}
}

// Diagnoser is told of the snapshots that plans were made from, and may simulate why pods have no place on the nodes that have joined.
type Diagnoser interface {
	Diagnose(s *plan.Snapshot, simulate func(*plan.Snapshot) []plan.Diagnosis)
}

// Options configure a Provisioner.
type Options struct {
	// Window says how long pods are collected before a plan is made.
	Window Window
	// Resync is how often a plan is made without a signal.
	Resync time.Duration
	// Hostnames makes the names of the machines.
	Hostnames hostnames.Scheme
	// ImageID is the image of machines whose group names none.
	ImageID string
	// SSHKeyIDs are the keys of the account that may log in to every machine.
	SSHKeyIDs []string
	// Limits hold for the whole cluster, nodes on their way out included.
	Limits plan.Limits
	// Policy is what the user wants of plans beyond what the scheduler enforces.
	Policy plan.Policy
}

// Parts are what a Provisioner works with; all but Diagnoser are required.
type Parts struct {
	// Client reads from the cache and writes to the API server.
	Client  client.Client
	Demand  Demand
	Market  *Market
	Metrics *telemetry.Metrics
	Events  events.EventRecorder
	Log     logr.Logger
	// Diagnoser is told of every snapshot after its plan was carried out; nil tells nobody.
	Diagnoser Diagnoser
}

// Provisioner makes VPSieNodes for the pods that wait for a node and for groups below their desired size. It runs on the
// leader only.
type Provisioner struct {
	options Options
	client  client.Client
	demand  Demand
	market  *Market
	metrics *telemetry.Metrics
	events  events.EventRecorder
	log     logr.Logger
	// diagnoser is nil where nobody asks why pods have no place.
	diagnoser Diagnoser

	assumed assumed
	places  places
	// burst is what was bought last, as long as more may follow that belongs to it.
	burst burst
	poke  chan struct{}
	// told is what was last said about each pod that nothing is done for.
	told map[types.UID]plan.Reason
	// planner remembers the nodes of the last plan.
	planner plan.Planner
}

// New makes a Provisioner.
func New(parts Parts, options Options) *Provisioner {
	return &Provisioner{
		options: options,
		client:  parts.Client,
		demand:  parts.Demand,
		market:  parts.Market,
		metrics: parts.Metrics,
		events:  parts.Events,
		log:     parts.Log.WithName("provisioner"),
		poke:    make(chan struct{}, 1),
		told:    map[types.UID]plan.Reason{},

		diagnoser: parts.Diagnoser,
	}
}

// Trigger asks for a plan soon, for a reason other than a new pod. It never blocks.
func (p *Provisioner) Trigger() {
	select {
	case p.poke <- struct{}{}:
	default:
	}
}

// Forget tells that a VPSieNode has gone. One that was refused by the cloud may come and go between two plans, and the second would
// count on it.
func (p *Provisioner) Forget(uid types.UID) { p.assumed.forget(uid) }

// NeedLeaderElection makes the manager run only one Provisioner.
func (p *Provisioner) NeedLeaderElection() bool { return true }

// Start makes plans until the context ends.
func (p *Provisioner) Start(ctx context.Context) error {
	resync := time.NewTicker(p.options.Resync)
	defer resync.Stop()
	for ctx.Err() == nil {
		if err := p.Plan(ctx); err != nil && ctx.Err() == nil {
			p.report(err)
		}
		select {
		case <-ctx.Done():
		case <-p.demand.Changed():
			p.collect(ctx)
		case <-p.poke:
			p.collect(ctx)
		case <-resync.C:
		}
	}
	return nil
}

// collect waits for the window to close. The plan that follows serves every request for one made so far.
func (p *Provisioner) collect(ctx context.Context) {
	p.options.Window.collect(ctx, p.demand.Changed())
	select {
	case <-p.poke:
	default:
	}
}

// report logs an error; one that a second try settles also asks for it.
func (p *Provisioner) report(err error) {
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		p.log.Info("the cluster changed while the plan was made, planning again", "because", err.Error())
		p.Trigger()
		return
	}
	p.log.Error(err, "plan failed, trying again at the next signal")
}

// Plan makes one plan and writes it down.
func (p *Provisioner) Plan(ctx context.Context) error {
	pending, err := p.demand.Pending(ctx)
	if err != nil {
		return err
	}
	v, err := p.gather(ctx, pending)
	if err != nil {
		return err
	}
	began := time.Now()
	made := p.planner.Make(&v.snapshot)
	p.metrics.PlanDuration.Observe(time.Since(began).Seconds())
	if len(pending) > 0 || len(made.NewNodes) > 0 {
		p.log.Info("planned", "pods", len(pending), "placed", len(made.Placed), "newNodes", len(made.NewNodes),
			"left", len(made.Left), "price", made.Price.String(), "lowerBound", made.LowerBound.String())
	}
	p.tell(pending, made)
	p.places.learn(&v.snapshot, made)
	err = p.act(ctx, v, made)
	if p.diagnoser != nil { // after the act: what is bought does not wait for it
		p.diagnoser.Diagnose(&v.snapshot, p.planner.Diagnose)
	}
	if err != nil {
		return err
	}
	if v.marketError != nil {
		return fmt.Errorf("part of the market is unknown: %w", v.marketError)
	}
	return nil
}

// quiet are the reasons for which a pod needs no node of ours at the moment, so that nobody has to be warned.
var quiet = map[plan.Reason]bool{
	plan.ReasonNotPending: true, plan.ReasonOtherScheduler: true, plan.ReasonSchedulingGated: true, plan.ReasonPreemption: true,
}

// tell publishes for which pods nothing is done, once for each pod and reason.
func (p *Provisioner) tell(pending []*corev1.Pod, made *plan.Plan) {
	p.metrics.PendingPods.Reset()
	for _, pod := range pending {
		p.metrics.PendingPods.WithLabelValues(pod.Namespace).Inc()
	}
	p.metrics.UnplacedPods.Reset()
	told := make(map[types.UID]plan.Reason, len(made.Left))
	for _, left := range made.Left {
		p.metrics.UnplacedPods.WithLabelValues(string(left.Reason)).Inc()
		told[left.Pod.UID] = left.Reason
		if p.told[left.Pod.UID] != left.Reason && !quiet[left.Reason] {
			p.events.Eventf(left.Pod, nil, corev1.EventTypeWarning, EventNotProvisioned, "Plan", "%s: %s", left.Reason, cut(left.Message, maxMessage))
		}
	}
	p.told = told
}
