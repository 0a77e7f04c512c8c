package rebalancer

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/workload"
	"github.com/vpsie/vpsie-autoscaler/rebalancer/candidates"
)

// member is one node of a group with what is known about it.
type member struct {
	object    *v1alpha1.VPSieNode
	node      *corev1.Node // nil when there is none
	workloads int
	awaited   bool
	// awaitedUntil is when the promise to pods that still wait ceases to count; zero until the node has been ready.
	awaitedUntil time.Time
}

// promiseFor is how long a ready node is kept for the pods that it was bought for: far longer than the scheduler takes to place
// them. A pod that is not there by then does not fit, and must not keep an empty node for ever.
const promiseFor = 5 * time.Minute

// gather reads the nodes of a group that are not being removed yet, by name.
func (s *ScaleDown) gather(ctx context.Context, group *v1alpha1.NodeGroup) (map[string]*member, error) {
	var list v1alpha1.VPSieNodeList
	if err := s.Client.List(ctx, &list, client.InNamespace(group.Namespace)); err != nil {
		return nil, fmt.Errorf("list VPSieNodes of NodeGroup %s/%s: %w", group.Namespace, group.Name, err)
	}
	members := map[string]*member{}
	for i := range list.Items {
		object := &list.Items[i]
		if !stays(object, group.Name) {
			continue
		}
		m, err := s.look(ctx, object)
		if err != nil {
			return nil, err
		}
		members[object.Name] = m
	}
	return members, nil
}

// stays reports whether a VPSieNode belongs to a group and is not being removed.
func stays(object *v1alpha1.VPSieNode, group string) bool {
	return object.Spec.NodeGroupName == group && object.DeletionTimestamp == nil
}

func (s *ScaleDown) look(ctx context.Context, object *v1alpha1.VPSieNode) (*member, error) {
	m := &member{object: object}
	var node corev1.Node
	switch err := s.Client.Get(ctx, client.ObjectKey{Name: object.NodeName()}, &node); {
	case err == nil:
		m.node = &node
	case !apierrors.IsNotFound(err):
		return nil, fmt.Errorf("read Node %s: %w", object.NodeName(), err)
	}
	var pods corev1.PodList
	if err := s.Client.List(ctx, &pods, client.MatchingFields{podNodeField: object.NodeName()}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list pods of Node %s: %w", object.NodeName(), err)
	}
	for i := range pods.Items {
		if workload.MustMove(&pods.Items[i]) {
			m.workloads++
		}
	}
	if ready := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionReady); ready != nil && ready.Status == metav1.ConditionTrue {
		m.awaitedUntil = ready.LastTransitionTime.Add(promiseFor)
	}
	if m.workloads == 0 && (m.awaitedUntil.IsZero() || time.Now().Before(m.awaitedUntil)) {
		m.awaited = s.anyWaits(ctx, object.Spec.Decision.PodKeys())
	}
	return m, nil
}

// anyWaits reports whether one of the pods exists and has no node yet.
func (s *ScaleDown) anyWaits(ctx context.Context, keys []types.NamespacedName) bool {
	for _, key := range keys {
		var pod corev1.Pod
		err := s.Client.Get(ctx, key, &pod)
		if err == nil && pod.Spec.NodeName == "" && pod.DeletionTimestamp == nil && !workload.Finished(&pod) {
			return true
		}
	}
	return false
}

// recordEmptiness keeps the condition Empty of every member, whose time of transition is when the node became empty. Being on
// the object it outlives the process. A node that was never empty has none: writing it would race with the first writes of the
// node's own lifecycle, which would lose what the cloud has answered.
func (s *ScaleDown) recordEmptiness(ctx context.Context, members map[string]*member, now time.Time) error {
	for _, m := range members {
		condition := metav1.Condition{Type: v1alpha1.ConditionEmpty, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonWorkload,
			Message: "workload pods run on the node or wait for it", LastTransitionTime: metav1.NewTime(now)}
		if joined(m.object) && m.workloads == 0 && !m.awaited {
			condition.Status, condition.Reason, condition.Message = metav1.ConditionTrue, v1alpha1.ReasonNoWorkload, "no workload pod is on the node"
		}
		known := meta.FindStatusCondition(m.object.Status.Conditions, v1alpha1.ConditionEmpty) != nil
		if !known && condition.Status == metav1.ConditionFalse {
			continue
		}
		before := m.object.DeepCopy()
		if !meta.SetStatusCondition(&m.object.Status.Conditions, condition) {
			continue
		}
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if err := s.Client.Status().Patch(ctx, m.object, patch); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("record whether Node %s is empty: %w", m.object.Name, err)
		}
	}
	return nil
}

func joined(object *v1alpha1.VPSieNode) bool {
	return meta.IsStatusConditionTrue(object.Status.Conditions, v1alpha1.ConditionReady)
}

// snapshot is what the decision is made from.
func snapshot(group *v1alpha1.NodeGroup, members map[string]*member) candidates.Group {
	policy := group.Spec.ScaleDownPolicy
	g := candidates.Group{
		Min:       int(group.Spec.MinNodes),
		Desired:   int(group.Desired()),
		ScaleDown: policy.Enabled == nil || *policy.Enabled,
		Window:    defaultWindow,
	}
	if policy.StabilizationWindowSeconds != nil {
		g.Window = time.Duration(*policy.StabilizationWindowSeconds) * time.Second
	}
	for _, m := range members {
		g.Nodes = append(g.Nodes, candidate(m))
	}
	return g
}

// defaultWindow is the schema's default, for objects that were stored before it.
const defaultWindow = 600 * time.Second

func candidate(m *member) candidates.Node {
	node := candidates.Node{
		Name:      m.object.Name,
		Created:   m.object.CreationTimestamp.Time,
		Joined:    joined(m.object),
		Workloads: m.workloads,
		Awaited:   m.awaited, AwaitedUntil: m.awaitedUntil,
		Marked:    marked(m.node),
		Protected: protected(m.node),
	}
	if empty := meta.FindStatusCondition(m.object.Status.Conditions, v1alpha1.ConditionEmpty); empty != nil && empty.Status == metav1.ConditionTrue {
		node.EmptySince = empty.LastTransitionTime.Time
	}
	return node
}

// protected says why a node must not be touched; empty when it may.
func protected(node *corev1.Node) string {
	if node == nil {
		return ""
	}
	if node.Spec.Unschedulable && !marked(node) {
		return "somebody has cordoned it"
	}
	for _, key := range []string{v1alpha1.AnnotationScaleDownDisabled, "cluster-autoscaler.kubernetes.io/scale-down-disabled"} {
		if node.Annotations[key] == "true" {
			return fmt.Sprintf("annotation %s of the Node protects it", key)
		}
	}
	return ""
}

// marked reports whether a node was cordoned in order to be removed.
func marked(node *corev1.Node) bool {
	if node == nil {
		return false
	}
	_, found := node.Annotations[v1alpha1.AnnotationScaleDownStarted]
	return found
}
