package pod

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/workload"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

const (
	// refreshInterval is how old a supply gets although nothing was seen to change. Asking for the offerings each time is what keeps
	// those of the groups' data centres fresh.
	refreshInterval = time.Minute
	// settleTime is waited after a change, so that many changes at once are read once.
	settleTime = time.Second
	// refreshTimeout bounds one reading, the cloud's answers included.
	refreshTimeout = 30 * time.Second
)

// Refresher keeps a Supply up to date in the background. It runs in every replica.
type Refresher struct {
	// Reader finds Nodes, NodeGroups and DaemonSets. It should answer from memory.
	Reader client.Reader
	// Offerings are what the planner could buy in a data centre, from memory but for the first time. Nil means that the cloud is not
	// asked: while there are node groups, nothing is known of nodes then.
	Offerings func(ctx context.Context, datacenterID string) ([]plan.Offering, error)
	// SchedulerNames are the schedulers whose pods get nodes; empty means those of any scheduler.
	SchedulerNames []string

	supply  atomic.Pointer[Supply]
	tried   atomic.Bool
	changed chan struct{}
}

// NewRefresher makes a refresher that has not read anything.
func NewRefresher(reader client.Reader, offerings func(context.Context, string) ([]plan.Offering, error), schedulerNames []string) *Refresher {
	return &Refresher{Reader: reader, Offerings: offerings, SchedulerNames: schedulerNames, changed: make(chan struct{}, 1)}
}

// Supply is the last one, or nil while the facts for one are missing.
func (r *Refresher) Supply() *Supply { return r.supply.Load() }

// Ready is a readiness check: it fails until the supply was read, or was tried to be read. A cloud that does not answer takes no
// replica out of service.
func (r *Refresher) Ready(*http.Request) error {
	if !r.tried.Load() {
		return errors.New("nodes and node groups have not been read")
	}
	return nil
}

// NeedLeaderElection is false: every replica answers the API server.
func (r *Refresher) NeedLeaderElection() bool { return false }

// Changed tells that something is different from what the supply was made from.
func (r *Refresher) Changed() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// Start reads the supply again and again until the context is done.
func (r *Refresher) Start(ctx context.Context) error {
	for {
		r.refresh(ctx)
		if !r.wait(ctx) {
			return nil
		}
	}
}

// wait returns when it is time to read again, with false when the context is done.
func (r *Refresher) wait(ctx context.Context) bool {
	due := time.NewTimer(refreshInterval)
	defer due.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-due.C:
		return true
	case <-r.changed:
	}
	settle := time.NewTimer(settleTime)
	defer settle.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-settle.C:
	}
	select {
	case <-r.changed: // what is read now includes it
	default:
	}
	return true
}

func (r *Refresher) refresh(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	stock, err := r.stock(ctx)
	switch {
	case err == nil:
		r.supply.Store(NewSupply(stock))
	case r.supply.Swap(nil) != nil || !r.tried.Load():
		logf.FromContext(ctx).Info("Pods are not compared with the nodes that are and could be, since facts are missing", "reason", err.Error())
	}
	r.tried.Store(true)
}

func (r *Refresher) stock(ctx context.Context) (*Stock, error) {
	stock := &Stock{SchedulerNames: r.SchedulerNames}
	var nodes corev1.NodeList
	if err := r.Reader.List(ctx, &nodes, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list Nodes: %w", err)
	}
	stock.Nodes = nodes.Items
	var sets appsv1.DaemonSetList
	if err := r.Reader.List(ctx, &sets, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list DaemonSets: %w", err)
	}
	for i := range sets.Items {
		if sets.Items[i].DeletionTimestamp == nil {
			stock.Daemons = append(stock.Daemons, workload.DaemonPod(&sets.Items[i]))
		}
	}
	var groups v1alpha1.NodeGroupList
	if err := r.Reader.List(ctx, &groups); err != nil {
		return nil, fmt.Errorf("list NodeGroups: %w", err)
	}
	for i := range groups.Items {
		if groups.Items[i].DeletionTimestamp == nil {
			stock.Groups = append(stock.Groups, groups.Items[i])
		}
	}
	return stock, r.addOfferings(ctx, stock)
}

// addOfferings fails if it cannot learn what every group may buy: a pod might fit what is not known.
func (r *Refresher) addOfferings(ctx context.Context, stock *Stock) error {
	asked := map[string]bool{}
	for i := range stock.Groups {
		datacenter := stock.Groups[i].Spec.DatacenterID
		if asked[datacenter] {
			continue
		}
		asked[datacenter] = true
		if r.Offerings == nil {
			return errors.New("the webhook has no access to VPSie: give it a token")
		}
		offerings, err := r.Offerings(ctx, datacenter)
		if err != nil {
			return fmt.Errorf("list offerings of data centre %s: %w", datacenter, err)
		}
		stock.Offerings = append(stock.Offerings, offerings...)
	}
	return nil
}
