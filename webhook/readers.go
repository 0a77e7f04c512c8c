package webhook

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/vpsie/vpsie-autoscaler/webhook/eviction"
	"github.com/vpsie/vpsie-autoscaler/webhook/eviction/rules"
	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
)

// Readers are where the handlers look things up, and whom they tell.
type Readers struct {
	// Cached reads NodeGroups and the metadata of Namespaces from memory.
	Cached client.Reader
	// Live gets single ConfigMaps, without a cache.
	Live client.Reader
	// Supply is what is known of nodes and node groups; it may give nil.
	Supply func() *pod.Supply
	// Evictions knows pods, their owners and budgets.
	Evictions *eviction.Index
	// Events is told of evictions that were allowed by an override.
	Events events.EventRecorder

	// answered counts the answers to evictions by outcome, reason; nil counts nothing.
	answered *prometheus.CounterVec
}

// addSupply keeps what is known of nodes and node groups up to date.
func (r *Readers) addSupply(ctx context.Context, mgr manager.Manager, opts Options) error {
	supply := pod.NewRefresher(mgr.GetClient(), opts.Offerings, opts.SchedulerNames)
	r.Supply = supply.Supply
	return errors.Join(supply.Watch(ctx, mgr.GetCache()), mgr.Add(supply), mgr.AddReadyzCheck("supply", supply.Ready))
}

// addEvictions keeps what evictions are judged by up to date.
func (r *Readers) addEvictions(ctx context.Context, mgr manager.Manager, opts Options) error {
	r.Evictions = eviction.NewIndex(opts.EvictionsPerMinute)
	return errors.Join(r.Evictions.Follow(ctx, mgr.GetCache()), mgr.AddReadyzCheck("evictions", r.Evictions.Ready))
}

// addMetrics makes the metrics and registers them, unless the registerer is nil.
func (r *Readers) addMetrics(opts Options) error {
	r.answered = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "vpsie_autoscaler_webhook_evictions_total",
		Help: "Evictions that were judged, rehearsals left out, by outcome and the first reason against them.",
	}, []string{"outcome", "reason"})
	if opts.Registerer == nil {
		return nil
	}
	if err := opts.Registerer.Register(r.answered); err != nil {
		return fmt.Errorf("register the webhook's metrics: %w", err)
	}
	return nil
}

func (r *Readers) decided(outcome eviction.Outcome, reason rules.Reason) {
	if r.answered != nil {
		r.answered.WithLabelValues(string(outcome), string(reason)).Inc()
	}
}
