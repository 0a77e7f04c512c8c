package market

import (
	"context"
	"maps"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

const (
	// interval is how old a market gets. A reading takes some calls for each data centre, of the few that an account has a minute.
	interval = 15 * time.Minute
	// shortInterval is how old what is sold in a data centre gets while somebody asks for it, how soon what could not be read is
	// tried again, and how soon all is read again when somebody doubts it.
	shortInterval = time.Minute
	// readTimeout bounds one reading.
	readTimeout = 5 * time.Minute
)

// Watcher is the one who asks the cloud what it sells, on behalf of all of admission. What it could not read last time it tried is
// unknown to everybody, and tried again soon. It runs in every replica.
type Watcher struct {
	datacenters func(ctx context.Context) ([]cloud.Datacenter, error)
	offerings   func(ctx context.Context, datacenterID string) ([]plan.Offering, error)
	doubted     chan struct{}

	mu        sync.Mutex
	listed    []cloud.Datacenter // nil while the list could not be read
	listings  map[string]listing // by data centre, for those that were tried to be read
	asked     map[string]bool    // data centres that somebody has asked for since all was read
	readAt    time.Time          // when the last reading of all began
	market    *Market            // what the fields above amount to; nil while listed is
	onChanges []func()
}

// listing is what is sold in a data centre, or why that is not known.
type listing struct {
	offerings []plan.Offering
	err       error
}

// NewWatcher makes a watcher that has not read anything. Both functions ask the cloud.
func NewWatcher(datacenters func(context.Context) ([]cloud.Datacenter, error), offerings func(context.Context, string) ([]plan.Offering, error)) *Watcher {
	return &Watcher{
		datacenters: datacenters, offerings: offerings, doubted: make(chan struct{}, 1), listings: map[string]listing{}, asked: map[string]bool{},
	}
}

// Market is the last one, or nil while there is none. A nil Watcher has none.
func (w *Watcher) Market() *Market {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.market
}

// Offerings are those of a data centre as they were last read, sold out ones included; they must not be changed. Only for a data
// centre that has never been read the cloud is asked at once. An error says why they are not known.
func (w *Watcher) Offerings(ctx context.Context, datacenterID string) ([]plan.Offering, error) {
	w.mu.Lock()
	w.asked[datacenterID] = true
	known, found := w.listings[datacenterID]
	w.mu.Unlock()
	if !found {
		known = w.read(ctx, datacenterID)
	}
	return known.offerings, known.err
}

// OnChange has a function called when offerings are not as they were when they were read before, or became known or unknown. It must
// return at once, and is added before the start.
func (w *Watcher) OnChange(call func()) { w.onChanges = append(w.onChanges, call) }

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
	w.readAll(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(shortInterval):
		}
		if w.due() {
			w.readAll(ctx)
		} else {
			w.readSome(ctx)
		}
	}
}

// due tells whether it is time to read all again.
func (w *Watcher) due() bool {
	select {
	case <-w.doubted:
		return true
	default:
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.listed == nil || time.Since(w.readAt) >= interval
}

// readAll reads the list of data centres and what each of them sells, those included that are asked for but not in the list.
func (w *Watcher) readAll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	began := time.Now()
	listed, err := w.datacenters(ctx)
	if err != nil {
		listed = nil
	} else if listed == nil {
		listed = []cloud.Datacenter{}
	}
	w.mu.Lock()
	if err != nil && (w.listed != nil || w.readAt.IsZero()) {
		logf.FromContext(ctx).Info("Node groups are not compared with what the cloud sells", "reason", err.Error())
	}
	w.listed, w.readAt = listed, began
	wanted := maps.Clone(w.asked)
	clear(w.asked)
	for _, datacenter := range listed {
		wanted[datacenter.ID] = true
	}
	if listed != nil {
		maps.DeleteFunc(w.listings, func(id string, _ listing) bool { return !wanted[id] })
	}
	w.renew()
	w.mu.Unlock()
	for id := range wanted {
		w.read(ctx, id)
	}
}

// readSome reads what is sold in the data centres that somebody has asked for, and in those where that is not known.
func (w *Watcher) readSome(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	w.mu.Lock()
	wanted := maps.Clone(w.asked)
	for id, kept := range w.listings {
		if kept.err != nil {
			wanted[id] = true
		}
	}
	w.mu.Unlock()
	for id := range wanted {
		w.read(ctx, id)
	}
}

// read asks what is sold in one data centre.
func (w *Watcher) read(ctx context.Context, datacenterID string) listing {
	var now listing
	now.offerings, now.err = w.offerings(ctx, datacenterID)
	if now.err != nil {
		now.offerings = nil
	}
	w.mu.Lock()
	before, found := w.listings[datacenterID]
	w.listings[datacenterID] = now
	w.renew()
	w.mu.Unlock()
	if now.err != nil && before.err == nil {
		logf.FromContext(ctx).Info("Node groups and pods are not compared with what a data centre sells", "datacenter", datacenterID, "reason", now.err.Error())
	}
	if !found || (before.err == nil) != (now.err == nil) || !equality.Semantic.DeepEqual(before.offerings, now.offerings) {
		for _, call := range w.onChanges {
			call()
		}
	}
	return now
}

// renew makes the market anew. The caller holds the lock.
func (w *Watcher) renew() {
	if w.listed == nil {
		w.market = nil
		return
	}
	w.market = &Market{Datacenters: w.listed, Offerings: make(map[string][]plan.Offering, len(w.listings))}
	for id, kept := range w.listings {
		if kept.err == nil {
			w.market.Offerings[id] = kept.offerings
		}
	}
}
