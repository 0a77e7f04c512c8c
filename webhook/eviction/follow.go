package eviction

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Kinds are what an index has to be told of.
func Kinds() []client.Object {
	return []client.Object{
		&corev1.Pod{}, &corev1.Node{}, &policyv1.PodDisruptionBudget{},
		&appsv1.Deployment{}, &appsv1.StatefulSet{}, &appsv1.ReplicaSet{},
	}
}

// Follow keeps the index up to date with the informers. It waits for nothing; Synced tells when they have delivered. It is to be
// called once, before the index is asked.
func (i *Index) Follow(ctx context.Context, informers cache.Informers) error {
	for _, kind := range Kinds() {
		informer, err := informers.GetInformer(ctx, kind, cache.BlockUntilSynced(false))
		if err != nil {
			return fmt.Errorf("watch %T: %w", kind, err)
		}
		registration, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
			AddFunc:    i.add,
			UpdateFunc: func(_, object any) { i.add(object) },
			DeleteFunc: i.remove,
		})
		if err != nil {
			return fmt.Errorf("watch %T: %w", kind, err)
		}
		i.mu.Lock()
		i.synced = append(i.synced, registration.HasSynced)
		i.mu.Unlock()
	}
	return nil
}

// Synced reports whether all of the cluster, as it was when the informers started, has arrived. An index that follows nothing has
// nothing to wait for.
func (i *Index) Synced() bool {
	i.mu.Lock()
	synced := i.synced
	i.mu.Unlock()
	for _, arrived := range synced {
		if !arrived() {
			return false
		}
	}
	return true
}

// Ready is a readiness check that passes when Synced does.
func (i *Index) Ready(*http.Request) error {
	if !i.Synced() {
		return errors.New("the pods of the cluster are not all known yet")
	}
	return nil
}

func (i *Index) add(object any) {
	if o, ok := object.(client.Object); ok {
		i.Put(o)
	}
}

// remove also takes the last known version of an object whose deletion went unseen.
func (i *Index) remove(object any) {
	if unseen, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
		object = unseen.Obj
	}
	if o, ok := object.(client.Object); ok {
		i.Drop(o)
	}
}
