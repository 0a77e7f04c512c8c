package market

import (
	"context"
	"sync/atomic"
	"time"

	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

const (
	// interval is how old a market gets. A reading takes some calls for each data centre, of the few that an account has a minute.
	interval = 15 * time.Minute
	// retryInterval is how soon it is read again when that failed, or when somebody doubts it.
	retryInterval = time.Minute
	// readTimeout bounds one reading.
	readTimeout = 5 * time.Minute
)

// Watcher keeps a Market up to date in the background. It runs in every replica.
type Watcher struct {
	datacenters func(ctx context.Context) ([]cloud.Datacenter, error)
	offerings   func(ctx context.Context, datacenterID string) ([]plan.Offering, error)

	market  atomic.Pointer[Market]
	doubted chan struct{}
}

// NewWatcher makes a watcher that has not read anything. Both functions ask the cloud.
func NewWatcher(datacenters func(context.Context) ([]cloud.Datacenter, error), offerings func(context.Context, string) ([]plan.Offering, error)) *Watcher {
	return &Watcher{datacenters: datacenters, offerings: offerings, doubted: make(chan struct{}, 1)}
}

// Market is the last one, or nil while there is none. A nil Watcher has none.
func (w *Watcher) Market() *Market {
	if w == nil {
		return nil
	}
	return w.market.Load()
}

// Doubt has the market read again soon, because something in it was not as somebody expected.
func (w *Watcher) Doubt() {
	if w == nil {
		return
	}
	select {
	case w.doubted <- struct{}{}:
	default:
	}
}

// NeedLeaderElection is false: every replica answers the API server.
func (w *Watcher) NeedLeaderElection() bool { return false }

// Start reads the market again and again until the context is done.
func (w *Watcher) Start(ctx context.Context) error {
	for {
		complete := w.read(ctx)
		if !w.wait(ctx, complete) {
			return nil
		}
	}
}

// wait returns when it is time to read again, with false when the context is done.
func (w *Watcher) wait(ctx context.Context, complete bool) bool {
	earliest := time.NewTimer(retryInterval)
	defer earliest.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-earliest.C:
	}
	if !complete {
		return true
	}
	due := time.NewTimer(interval - retryInterval)
	defer due.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-due.C:
	case <-w.doubted:
	}
	return true
}

// read tells whether all of the market could be read. What could not be is as unknown afterwards as it would be at the start.
func (w *Watcher) read(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	read := &Market{Offerings: map[string][]plan.Offering{}, ReadAt: time.Now()}
	datacenters, err := w.datacenters(ctx)
	if err != nil {
		w.market.Store(nil)
		logf.FromContext(ctx).Info("Node groups are not compared with what the cloud sells", "reason", err.Error())
		return false
	}
	read.Datacenters = datacenters
	complete := true
	for _, datacenter := range datacenters {
		offerings, err := w.offerings(ctx, datacenter.ID)
		if err != nil {
			logf.FromContext(ctx).Info("Node groups are not compared with what a data centre sells", "datacenter", datacenter.ID, "reason", err.Error())
			complete = false
			continue
		}
		read.Offerings[datacenter.ID] = offerings
	}
	w.market.Store(read)
	return complete
}
