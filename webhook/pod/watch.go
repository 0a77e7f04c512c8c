package pod

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Watch has the supply read again soon after nodes, node groups or DaemonSets changed in what it is made from. It also has
// Namespaces cached, so that the first request for a pod need not wait for them.
func (r *Refresher) Watch(ctx context.Context, informers cache.Informers) error {
	namespaces := &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}}
	if _, err := informers.GetInformer(ctx, namespaces); err != nil {
		return fmt.Errorf("watch Namespaces: %w", err)
	}
	for _, kind := range []client.Object{&corev1.Node{}, &v1alpha1.NodeGroup{}, &appsv1.DaemonSet{}} {
		informer, err := informers.GetInformer(ctx, kind)
		if err != nil {
			return fmt.Errorf("watch %T: %w", kind, err)
		}
		if _, err := informer.AddEventHandler(r.onChange()); err != nil {
			return fmt.Errorf("watch %T: %w", kind, err)
		}
	}
	return nil
}

func (r *Refresher) onChange() toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { r.Changed() },
		DeleteFunc: func(any) { r.Changed() },
		UpdateFunc: func(before, after any) {
			if matters(before, after) {
				r.Changed()
			}
		},
	}
}

// matters tells whether an update touches what a supply is made from. Most updates of nodes are heartbeats.
func matters(before, after any) bool {
	if old, ok := before.(*corev1.Node); ok {
		node, ok := after.(*corev1.Node)
		return !ok || !equality.Semantic.DeepEqual(old.Labels, node.Labels) || !equality.Semantic.DeepEqual(old.Spec.Taints, node.Spec.Taints) ||
			!equality.Semantic.DeepEqual(old.Status.Allocatable, node.Status.Allocatable) || deleted(old) != deleted(node)
	}
	old, ok := before.(client.Object)
	if !ok {
		return true
	}
	object, ok := after.(client.Object)
	return !ok || old.GetGeneration() != object.GetGeneration() || deleted(old) != deleted(object)
}

func deleted(object client.Object) bool { return object.GetDeletionTimestamp() != nil }
