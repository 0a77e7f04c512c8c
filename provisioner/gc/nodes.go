package gc

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/gc/orphans"
)

// removeNode deletes an orphaned Node, unless the API server says that it has changed for the better. Its pods are collected by
// Kubernetes.
func (s *Sweeper) removeNode(ctx context.Context, seen *corev1.Node) error {
	var node corev1.Node
	if err := s.Live.Get(ctx, client.ObjectKeyFromObject(seen), &node); err != nil {
		return wrapNode(seen, client.IgnoreNotFound(err))
	}
	if node.UID != seen.UID || !orphans.Ours(&node) || orphans.Answers(&node) {
		return nil
	}
	if owned, err := s.owned(ctx, node.Labels[v1alpha1.LabelVPSieNode]); err != nil || owned {
		return wrapNode(seen, err)
	}
	s.Events.Eventf(&node, nil, corev1.EventTypeNormal, EventOrphanRemoved, "Delete", "it has neither VPSieNode nor machine")
	err := s.Client.Delete(ctx, &node, client.Preconditions{UID: &node.UID, ResourceVersion: &node.ResourceVersion})
	if err != nil {
		return wrapNode(seen, client.IgnoreNotFound(err))
	}
	s.Metrics.OrphansRemoved.WithLabelValues(string(orphans.KindNode)).Inc()
	return nil
}

func wrapNode(node *corev1.Node, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("delete orphaned Node %s: %w", node.Name, err)
}
