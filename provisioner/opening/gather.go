package opening

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// member is a Node with the objects behind it.
type member struct {
	Node
	object *v1alpha1.VPSieNode
	node   *corev1.Node // nil while it is on its way
}

// gather reads the Nodes that were bought for pods and are not open, and those that were opened a moment ago.
func (o *Opener) gather(ctx context.Context) (map[string]*member, error) {
	var list v1alpha1.VPSieNodeList
	if err := o.Client.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list VPSieNodes: %w", err)
	}
	members := map[string]*member{}
	for i := range list.Items {
		object := &list.Items[i]
		if _, watched := o.opened[object.NodeName()]; object.DeletionTimestamp != nil || !watched && !Expects(object) {
			continue
		}
		m := &member{object: object, Node: Node{Name: object.NodeName(), Plan: object.Spec.Decision.PlanID, Opened: o.opened[object.NodeName()]}}
		ours, err := o.join(ctx, m)
		if err != nil {
			return nil, err
		}
		if ours {
			members[m.Name] = m
		}
	}
	return members, nil
}

// Expects reports whether a VPSieNode was bought for pods and has never been ready, so that its Node stays closed until it is.
func Expects(object *v1alpha1.VPSieNode) bool {
	if len(object.Spec.Decision.Pods) == 0 {
		return false
	}
	ready := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionReady)
	return ready == nil || ready.Reason == v1alpha1.ReasonNodeAwaited
}

// join adds what is known of the Node of a VPSieNode, if it has joined and been labelled and tainted. A Node that somebody else has
// opened is not ours to look after.
func (o *Opener) join(ctx context.Context, m *member) (ours bool, err error) {
	node := &corev1.Node{}
	if err := o.Client.Get(ctx, client.ObjectKey{Name: m.Name}, node); err != nil {
		return true, client.IgnoreNotFound(err)
	}
	if node.Labels[v1alpha1.LabelVPSieNode] != m.object.Name {
		return true, nil
	}
	m.node, m.Joined, m.Ready = node, node.CreationTimestamp.Time, o.readySince(node)
	if m.Opened.IsZero() && !Closed(node) {
		return false, nil
	}
	if m.Ready.IsZero() {
		return true, nil
	}
	for _, key := range o.planned(m) {
		pod, err := o.look(ctx, key, node.Name)
		if err != nil {
			return false, err
		}
		m.Pods = append(m.Pods, pod)
	}
	return true, nil
}

// planned are the keys of the pods that a Node was bought for, and of those that were planned for it since.
func (o *Opener) planned(m *member) []types.NamespacedName {
	keys := m.object.Spec.Decision.PodKeys()
	if o.Planned == nil {
		return keys
	}
	for _, pod := range o.Planned(m.Name) {
		if !slices.Contains(keys, pod) {
			keys = append(keys, pod)
		}
	}
	return keys
}

// readySince is when this process first saw a Node ready: the clock of the machine itself may be wrong.
func (o *Opener) readySince(node *corev1.Node) time.Time {
	if !Ready(node) {
		delete(o.ready, node.Name)
		return time.Time{}
	}
	if _, seen := o.ready[node.Name]; !seen {
		o.ready[node.Name] = time.Now()
	}
	return o.ready[node.Name]
}

// look sees what has become of a pod.
func (o *Opener) look(ctx context.Context, key types.NamespacedName, node string) (Pod, error) {
	pod, err := o.pod(ctx, key, client.UnsafeDisableDeepCopy)
	switch {
	case apierrors.IsNotFound(err):
		return Pod{Key: key, Fate: Gone}, nil
	case err != nil:
		return Pod{}, fmt.Errorf("read pod %s: %w", key, err)
	}
	return Pod{Key: key, Fate: fateOf(pod, node), Slow: slow(pod)}, nil
}

// slow reports whether volumes or devices may have to be made before a pod is bound.
func slow(pod *corev1.Pod) bool {
	return len(pod.Spec.ResourceClaims) > 0 || slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool {
		return v.PersistentVolumeClaim != nil || v.Ephemeral != nil
	})
}

func (o *Opener) pod(ctx context.Context, key types.NamespacedName, options ...client.GetOption) (*corev1.Pod, error) {
	pod := &corev1.Pod{}
	err := o.Client.Get(ctx, key, pod, options...)
	return pod, err
}

func fateOf(pod *corev1.Pod, node string) Fate {
	switch {
	case pod.DeletionTimestamp != nil || workload.Finished(pod):
		return Gone
	case pod.Spec.NodeName == node:
		return Placed
	case pod.Spec.NodeName != "":
		return Elsewhere
	case pod.Status.NominatedNodeName == node:
		return Nominated
	case pod.Status.NominatedNodeName != "":
		return Elsewhere
	}
	return Waiting
}
