// Package feed keeps a score.Snapshot of the cluster up to date.
//
// It watches Nodes, Pods and VPSieNodes through the informers of a shared cache, keeps the sums that scoring needs, and swaps
// a new immutable snapshot in when they changed. Readers load a pointer and nothing else.
package feed

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

// Interval is the shortest time between two snapshots. A first change is shown at once; those that follow within the interval
// are shown together at its end.
const Interval = 100 * time.Millisecond

// Informers gives access to the informers of a cache. It is satisfied by cache.Cache.
type Informers interface {
	GetInformer(ctx context.Context, obj client.Object, opts ...cache.InformerGetOption) (cache.Informer, error)
}

// Feed publishes snapshots of the cluster. It is a manager.Runnable that runs in every replica.
type Feed struct {
	informers Informers
	facts     *facts
	current   atomic.Pointer[score.Snapshot]
}

// New returns a Feed that watches through the given informers once it is started.
func New(informers Informers) *Feed {
	return &Feed{informers: informers, facts: newFacts()}
}

// Snapshot is the latest picture of the cluster, or nil as long as the watched objects have not been listed once.
func (f *Feed) Snapshot() *score.Snapshot { return f.current.Load() }

// NeedLeaderElection is false: every replica answers the scheduler.
func (f *Feed) NeedLeaderElection() bool { return false }

// Start watches and publishes until the context ends. It fails if one of the kinds cannot be watched.
func (f *Feed) Start(ctx context.Context) error {
	watches := []struct {
		kind    client.Object
		handler toolscache.ResourceEventHandler
	}{
		{&corev1.Node{}, handler(f.facts.setNode, f.facts.forgetNode)},
		{&corev1.Pod{}, handler(f.facts.setPod, f.facts.forgetPod)},
		{&v1alpha1.VPSieNode{}, handler(f.facts.setMachine, f.facts.forgetMachine)},
	}
	for _, watch := range watches {
		if err := f.watch(ctx, watch.kind, watch.handler); err != nil {
			return fmt.Errorf("watch %T for the extender: %w", watch.kind, err)
		}
	}
	f.publish(ctx)
	return nil
}

// watch registers the handler and returns when it has seen every object that exists, or when the context has ended.
func (f *Feed) watch(ctx context.Context, kind client.Object, handler toolscache.ResourceEventHandler) error {
	informer, err := f.informers.GetInformer(ctx, kind)
	if err != nil {
		return err
	}
	registration, err := informer.AddEventHandler(handler)
	if err != nil {
		return err
	}
	select {
	case <-registration.HasSyncedChecker().Done():
	case <-ctx.Done():
	}
	return nil
}

func (f *Feed) publish(ctx context.Context) {
	for ctx.Err() == nil {
		f.current.Store(f.facts.snapshot())
		select {
		case <-time.After(Interval):
		case <-ctx.Done():
		}
		select {
		case <-f.facts.changed:
		case <-ctx.Done():
		}
	}
}

// handler adapts two typed functions to the untyped events of an informer.
func handler[T client.Object](set, forget func(T)) toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(obj any) { call(set, obj) },
		UpdateFunc: func(_, obj any) { call(set, obj) },
		DeleteFunc: func(obj any) {
			if missed, ok := obj.(toolscache.DeletedFinalStateUnknown); ok {
				obj = missed.Obj
			}
			call(forget, obj)
		},
	}
}

func call[T client.Object](do func(T), obj any) {
	if typed, ok := obj.(T); ok {
		do(typed)
	}
}
