package rebalancer

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/rebalancer/candidates"
)

// act carries out one verdict. It returns when to look again; zero when nothing is waited for.
func (s *ScaleDown) act(ctx context.Context, group *v1alpha1.NodeGroup, m *member, verdict candidates.Verdict) (time.Time, error) {
	switch {
	case !verdict.Go && marked(m.node):
		return time.Time{}, s.unmark(ctx, m.node)
	case !verdict.Go:
		return time.Time{}, nil
	case verdict.Reason == candidates.Surplus:
		return time.Time{}, s.removeSurplus(ctx, group, m, verdict)
	case !marked(m.node):
		return time.Now().Add(s.Settle), s.mark(ctx, m.node)
	}
	return s.removeEmpty(ctx, group, m, verdict)
}

// mark cordons a node and says why, in one write.
func (s *ScaleDown) mark(ctx context.Context, node *corev1.Node) error {
	before := node.DeepCopy()
	if node.Annotations == nil {
		node.Annotations = map[string]string{}
	}
	node.Annotations[v1alpha1.AnnotationScaleDownStarted] = time.Now().UTC().Format(time.RFC3339Nano)
	node.Spec.Unschedulable = true
	if err := s.Client.Patch(ctx, node, client.MergeFrom(before)); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("cordon Node %s: %w", node.Name, err)
	}
	return nil
}

// unmark takes back what mark did: the node is needed after all.
func (s *ScaleDown) unmark(ctx context.Context, node *corev1.Node) error {
	before := node.DeepCopy()
	delete(node.Annotations, v1alpha1.AnnotationScaleDownStarted)
	node.Spec.Unschedulable = false
	if err := s.Client.Patch(ctx, node, client.MergeFrom(before)); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("uncordon Node %s: %w", node.Name, err)
	}
	return nil
}

// removeSurplus removes a node that the group has too much, if it still has on the live cluster: the cache may show a node
// before the count that was raised for it.
func (s *ScaleDown) removeSurplus(ctx context.Context, group *v1alpha1.NodeGroup, m *member, verdict candidates.Verdict) error {
	live, staying, err := s.live(ctx, group)
	if err != nil || live.DeletionTimestamp != nil || staying <= int(live.Desired()) {
		return err
	}
	return s.remove(ctx, live, m, verdict)
}

// removeEmpty removes a node that was cordoned long enough for every pod on its way to have arrived, if none has.
func (s *ScaleDown) removeEmpty(ctx context.Context, group *v1alpha1.NodeGroup, m *member, verdict candidates.Verdict) (time.Time, error) {
	started, err := time.Parse(time.RFC3339Nano, m.node.Annotations[v1alpha1.AnnotationScaleDownStarted])
	if err != nil { // somebody else wrote it: start over
		return time.Now().Add(s.Settle), s.mark(ctx, m.node)
	}
	if settled := started.Add(s.Settle); time.Now().Before(settled) {
		return settled, nil
	}
	workloads, err := s.Drainer.Workloads(ctx, m.node.Name)
	if err != nil {
		return time.Time{}, err
	}
	if len(workloads) > 0 {
		return time.Time{}, s.unmark(ctx, m.node)
	}
	live, staying, err := s.live(ctx, group)
	if err != nil || live.DeletionTimestamp != nil {
		return time.Time{}, err
	}
	if staying <= int(live.Spec.MinNodes) || staying < int(live.Desired()) {
		return time.Time{}, s.unmark(ctx, m.node)
	}
	if err := s.lowerDesired(ctx, live, int32(staying-1)); err != nil {
		return time.Time{}, err
	}
	return time.Time{}, s.remove(ctx, live, m, verdict)
}

// live reads a group and the number of its nodes that stay from the API server.
func (s *ScaleDown) live(ctx context.Context, group *v1alpha1.NodeGroup) (*v1alpha1.NodeGroup, int, error) {
	var live v1alpha1.NodeGroup
	if err := s.Live.Get(ctx, client.ObjectKeyFromObject(group), &live); err != nil {
		return nil, 0, fmt.Errorf("read NodeGroup %s/%s: %w", group.Namespace, group.Name, err)
	}
	var list v1alpha1.VPSieNodeList
	if err := s.Live.List(ctx, &list, client.InNamespace(group.Namespace)); err != nil {
		return nil, 0, fmt.Errorf("list VPSieNodes of NodeGroup %s/%s: %w", group.Namespace, group.Name, err)
	}
	staying := 0
	for i := range list.Items {
		if stays(&list.Items[i], group.Name) {
			staying++
		}
	}
	return &live, staying, nil
}

// lowerDesired comes before the removal: the other way round, a crash in between would have the node replaced.
func (s *ScaleDown) lowerDesired(ctx context.Context, group *v1alpha1.NodeGroup, desired int32) error {
	if group.Desired() <= desired {
		return nil
	}
	before := group.DeepCopy()
	group.Spec.DesiredNodes = &desired
	if err := s.Client.Patch(ctx, group, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("lower spec.desiredNodes of NodeGroup %s/%s to %d: %w", group.Namespace, group.Name, desired, err)
	}
	return nil
}

// remove hands a node over to its lifecycle.
func (s *ScaleDown) remove(ctx context.Context, group *v1alpha1.NodeGroup, m *member, verdict candidates.Verdict) error {
	err := s.Client.Delete(ctx, m.object, client.Preconditions{UID: &m.object.UID})
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("delete VPSieNode %s: %w", m.object.Name, err)
	}
	s.Metrics.ScaleDowns.WithLabelValues(group.Name, group.Namespace).Inc()
	s.Events.Eventf(group, m.object, corev1.EventTypeNormal, EventScalingDown, "ScaleDown", "removing %s: %s", m.object.Name, verdict.Message)
	return nil
}
