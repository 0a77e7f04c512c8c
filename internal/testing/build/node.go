package build

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// NodeBuilder makes a Node.
type NodeBuilder struct{ node corev1.Node }

// Node starts a Node that has just registered.
func Node(name string) *NodeBuilder {
	return &NodeBuilder{corev1.Node{ObjectMeta: metav1.ObjectMeta{
		Name: name, UID: UID(name), CreationTimestamp: metav1.Now(), Labels: map[string]string{corev1.LabelHostname: name},
	}}}
}

// Ready has the kubelet report that pods can run.
func (b *NodeBuilder) Ready() *NodeBuilder { return b.reports(corev1.ConditionTrue) }

// NotReady has the kubelet report that pods cannot run.
func (b *NodeBuilder) NotReady() *NodeBuilder { return b.reports(corev1.ConditionFalse) }

func (b *NodeBuilder) reports(status corev1.ConditionStatus) *NodeBuilder {
	b.node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: status}}
	return b
}

// Allocatable says what pods find on the node; it has room for 110 of them.
func (b *NodeBuilder) Allocatable(cpu, memory string) *NodeBuilder {
	b.node.Status.Allocatable = corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory), corev1.ResourcePods: resource.MustParse("110"),
	}
	return b
}

// In makes the node a member of a NodeGroup.
func (b *NodeBuilder) In(group string) *NodeBuilder {
	return b.Label(v1alpha1.LabelManaged, "true").Label(v1alpha1.LabelNodeGroup, group).Label(v1alpha1.LabelNodeGroupNamespace, Namespace)
}

// Label adds a label.
func (b *NodeBuilder) Label(key, value string) *NodeBuilder {
	b.node.Labels[key] = value
	return b
}

// Annotation adds an annotation.
func (b *NodeBuilder) Annotation(key, value string) *NodeBuilder {
	if b.node.Annotations == nil {
		b.node.Annotations = map[string]string{}
	}
	b.node.Annotations[key] = value
	return b
}

// Taint adds a taint.
func (b *NodeBuilder) Taint(key, value string, effect corev1.TaintEffect) *NodeBuilder {
	b.node.Spec.Taints = append(b.node.Spec.Taints, corev1.Taint{Key: key, Value: value, Effect: effect})
	return b
}

// Cordoned keeps new pods off the node.
func (b *NodeBuilder) Cordoned() *NodeBuilder {
	b.node.Spec.Unschedulable = true
	return b
}

// ProviderID names the machine under the node.
func (b *NodeBuilder) ProviderID(id string) *NodeBuilder {
	b.node.Spec.ProviderID = id
	return b
}

// Obj is the Node.
func (b *NodeBuilder) Obj() *corev1.Node { return b.node.DeepCopy() }
