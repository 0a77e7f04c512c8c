package repair

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// member is one node with the object behind it.
type member struct {
	object *v1alpha1.VPSieNode
	node   Node
}

// view is what was read of the cluster.
type view struct {
	members map[string]*member // the nodes that were ever ready, by namespace/name
	awaited int
}

func (r *Repair) gather(ctx context.Context, reader client.Reader) (*view, error) {
	var list v1alpha1.VPSieNodeList
	if err := reader.List(ctx, &list); err != nil {
		return nil, fmt.Errorf("list VPSieNodes: %w", err)
	}
	v, settled := &view{members: map[string]*member{}}, map[types.NamespacedName]int{}
	for i := range list.Items {
		object := &list.Items[i]
		ready := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason == v1alpha1.ReasonNodeAwaited || ready.Reason == v1alpha1.ReasonReadyTimeout {
			continue
		}
		node, err := r.judged(ctx, object, ready)
		if err != nil {
			return nil, err
		}
		v.members[node.Key] = &member{object: object, node: node}
		if !node.Leaving {
			settled[types.NamespacedName{Namespace: object.Namespace, Name: object.Spec.NodeGroupName}]++
		}
	}
	var groups v1alpha1.NodeGroupList
	if err := reader.List(ctx, &groups); err != nil {
		return nil, fmt.Errorf("list NodeGroups: %w", err)
	}
	for i := range groups.Items {
		group := &groups.Items[i]
		if group.DeletionTimestamp != nil {
			continue
		}
		v.awaited += max(0, int(group.Desired())-settled[client.ObjectKeyFromObject(group)])
	}
	return v, nil
}

// judged is a VPSieNode as the decision sees it.
func (r *Repair) judged(ctx context.Context, object *v1alpha1.VPSieNode, ready *metav1.Condition) (node Node, err error) {
	node = Node{Key: object.Namespace + "/" + object.Name, Leaving: object.DeletionTimestamp != nil}
	if ready.Status != metav1.ConditionTrue {
		node.Fault, node.Since = ready.Reason, ready.LastTransitionTime.Time
		node.Gone = ready.Reason == v1alpha1.ReasonMachineMissing
		node.Protected, err = r.protected(ctx, object)
	}
	return node, err
}

// protected says why a node must not be replaced; empty when it may.
func (r *Repair) protected(ctx context.Context, object *v1alpha1.VPSieNode) (string, error) {
	var node corev1.Node
	err := r.Client.Get(ctx, client.ObjectKey{Name: object.NodeName()}, &node)
	if err != nil && !apierrors.IsNotFound(err) {
		return "", fmt.Errorf("read Node %s: %w", object.NodeName(), err)
	}
	for _, key := range []string{v1alpha1.AnnotationScaleDownDisabled, "cluster-autoscaler.kubernetes.io/scale-down-disabled"} {
		if node.Annotations[key] == "true" {
			return fmt.Sprintf("annotation %s of the Node protects it", key), nil
		}
	}
	return "", nil
}

// snapshot is what the decision is made from.
func (r *Repair) snapshot(v *view) Cluster {
	cluster := Cluster{Timeout: r.Timeout, Awaited: v.awaited}
	for _, m := range v.members {
		cluster.Nodes = append(cluster.Nodes, m.node)
	}
	return cluster
}

// groupOf refers to the NodeGroup of a VPSieNode, for events.
func groupOf(object *v1alpha1.VPSieNode) *v1alpha1.NodeGroup {
	group := &v1alpha1.NodeGroup{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "NodeGroup"},
		ObjectMeta: metav1.ObjectMeta{Namespace: object.Namespace, Name: object.Spec.NodeGroupName},
	}
	if owner := metav1.GetControllerOf(object); owner != nil {
		group.UID = owner.UID
	}
	return group
}
