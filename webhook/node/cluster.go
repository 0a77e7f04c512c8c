package node

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// PodNodeField is the index under which the pods of a Node are found. It is not called spec.nodeName, so that a process whose other parts
// index the same cache by that name can serve the webhook too.
const PodNodeField = "webhook.node"

// Cluster looks things up in caches. Its zero value is of no use; Watch makes one.
type Cluster struct {
	// Reader must have the index PodNodeField and answer from memory.
	Reader client.Reader
}

// Watch has the caches hold what the handler asks for, before the first request does. It is to be called before they start.
func Watch(ctx context.Context, caches cache.Cache) (Cluster, error) {
	if err := caches.IndexField(ctx, &corev1.Pod{}, PodNodeField, PodNode); err != nil {
		return Cluster{}, fmt.Errorf("index pods by their node: %w", err)
	}
	for _, kind := range []client.Object{&corev1.Pod{}, &v1alpha1.VPSieNode{}} {
		if _, err := caches.GetInformer(ctx, kind, cache.BlockUntilSynced(false)); err != nil {
			return Cluster{}, fmt.Errorf("watch %T: %w", kind, err)
		}
	}
	return Cluster{Reader: caches}, nil
}

// PodNode gives the value of the index PodNodeField.
func PodNode(object client.Object) []string {
	if pod, ok := object.(*corev1.Pod); ok && pod.Spec.NodeName != "" {
		return []string{pod.Spec.NodeName}
	}
	return nil
}

// pods are those on a Node. They are the cache's own, and must not be changed.
func (c Cluster) pods(ctx context.Context, node string) ([]*corev1.Pod, error) {
	var list corev1.PodList
	if err := c.Reader.List(ctx, &list, client.MatchingFields{PodNodeField: node}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list the pods of Node %s: %w", node, err)
	}
	pods := make([]*corev1.Pod, len(list.Items))
	for i := range list.Items {
		pods[i] = &list.Items[i]
	}
	return pods, nil
}

// vpsieNode is what a Node came from; nil means that there is none any more.
func (c Cluster) vpsieNode(ctx context.Context, node *corev1.Node) (*v1alpha1.VPSieNode, error) {
	key := client.ObjectKey{Namespace: node.Labels[v1alpha1.LabelNodeGroupNamespace], Name: node.Labels[v1alpha1.LabelVPSieNode]}
	if key.Namespace == "" || key.Name == "" {
		return nil, nil
	}
	object := &v1alpha1.VPSieNode{}
	if err := c.Reader.Get(ctx, key, object); err != nil {
		if client.IgnoreNotFound(err) == nil {
			return nil, nil
		}
		return nil, fmt.Errorf("get VPSieNode %s of Node %s: %w", key, node.Name, err)
	}
	return object, nil
}
