package webhook

import (
	"context"
	"errors"
	"time"

	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/webhook/budget"
	"github.com/vpsie/vpsie-autoscaler/webhook/eviction"
	"github.com/vpsie/vpsie-autoscaler/webhook/market"
	"github.com/vpsie/vpsie-autoscaler/webhook/node"
	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
)

// Readers are where the handlers look things up, and whom they tell.
type Readers struct {
	// Cached reads NodeGroups and the metadata of Namespaces from memory.
	Cached client.Reader
	// Live gets single ConfigMaps and Secrets, without a cache.
	Live client.Reader
	// Supply is what is known of nodes and node groups; it may give nil.
	Supply func() *pod.Supply
	// Evictions knows pods, their owners and budgets.
	Evictions *eviction.Index
	// Nodes knows what runs on Nodes and what becomes of them.
	Nodes node.Cluster
	// Market is what the cloud sells; nil when it is not asked.
	Market *market.Watcher
	// Events is told of evictions that were allowed by an override.
	Events events.EventRecorder
	// Metrics are told of every answer.
	Metrics *Metrics
}

// addSupply keeps what is known of nodes and node groups up to date. It comes after addMarket, from which it learns what is sold.
func (r *Readers) addSupply(ctx context.Context, mgr manager.Manager, opts Options) error {
	var offerings func(context.Context, string) ([]plan.Offering, error)
	if r.Market != nil {
		offerings = r.Market.Offerings
	}
	supply := pod.NewRefresher(mgr.GetClient(), offerings, opts.SchedulerNames)
	if r.Market != nil {
		r.Market.OnChange(supply.Changed)
	}
	r.Supply = supply.Supply
	return errors.Join(supply.Watch(ctx, mgr.GetCache()), mgr.Add(supply), mgr.AddReadyzCheck("supply", supply.Ready))
}

// addEvictions keeps what evictions are judged by up to date.
func (r *Readers) addEvictions(ctx context.Context, mgr manager.Manager, opts Options) error {
	r.Evictions = eviction.NewIndex(opts.EvictionsPerMinute)
	return errors.Join(r.Evictions.Follow(ctx, mgr.GetCache()), mgr.AddReadyzCheck("evictions", r.Evictions.Ready))
}

// addCaches has the manager's caches hold what else is looked up in them.
func (r *Readers) addCaches(ctx context.Context, mgr manager.Manager) (err error) {
	if r.Nodes, err = node.Watch(ctx, mgr.GetCache()); err != nil {
		return err
	}
	return budget.Watch(ctx, mgr.GetCache())
}

// addMarket keeps what the cloud sells up to date, where it is asked.
func (r *Readers) addMarket(mgr manager.Manager, opts Options) error {
	if opts.Cloud == nil {
		return nil
	}
	r.Market = market.NewWatcher(opts.Cloud.Datacenters, opts.Cloud.Offerings)
	return mgr.Add(r.Market)
}

// held says what is in the way of a drain of a Node.
func (r *Readers) held(nodeName string) []string {
	if r.Evictions == nil {
		return nil
	}
	return r.Evictions.Held(nodeName, time.Now())
}
