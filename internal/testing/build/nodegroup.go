package build

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

// NodeGroupBuilder makes a NodeGroup.
type NodeGroupBuilder struct{ group v1alpha1.NodeGroup }

// NodeGroup starts a settled group of at most 10 nodes in the fake cloud's Amsterdam that wants none.
func NodeGroup(name string) *NodeGroupBuilder {
	desired := int32(0)
	return &NodeGroupBuilder{v1alpha1.NodeGroup{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: Namespace, Name: name, UID: UID(name), CreationTimestamp: metav1.Now(), Finalizers: []string{v1alpha1.FinalizerNodeGroup},
		},
		Spec: v1alpha1.NodeGroupSpec{MaxNodes: 10, DesiredNodes: &desired, DatacenterID: fake.DatacenterAmsterdam},
	}}
}

// Fresh makes the group one that no controller has seen.
func (b *NodeGroupBuilder) Fresh() *NodeGroupBuilder {
	b.group.Finalizers, b.group.Spec.DesiredNodes = nil, nil
	return b
}

// Min sets the lower bound.
func (b *NodeGroupBuilder) Min(nodes int32) *NodeGroupBuilder {
	b.group.Spec.MinNodes = nodes
	return b
}

// Max sets the upper bound.
func (b *NodeGroupBuilder) Max(nodes int32) *NodeGroupBuilder {
	b.group.Spec.MaxNodes = nodes
	return b
}

// Desired sets the wanted size.
func (b *NodeGroupBuilder) Desired(nodes int32) *NodeGroupBuilder {
	b.group.Spec.DesiredNodes = &nodes
	return b
}

// Datacenter says where the machines stand.
func (b *NodeGroupBuilder) Datacenter(id string) *NodeGroupBuilder {
	b.group.Spec.DatacenterID = id
	return b
}

// Offerings says what may be bought.
func (b *NodeGroupBuilder) Offerings(ids ...string) *NodeGroupBuilder {
	b.group.Spec.OfferingIDs = ids
	return b
}

// Label puts a label on the group's nodes.
func (b *NodeGroupBuilder) Label(key, value string) *NodeGroupBuilder {
	if b.group.Spec.Labels == nil {
		b.group.Spec.Labels = map[string]string{}
	}
	b.group.Spec.Labels[key] = value
	return b
}

// Taint puts a taint on the group's nodes.
func (b *NodeGroupBuilder) Taint(key, value string, effect corev1.TaintEffect) *NodeGroupBuilder {
	b.group.Spec.Taints = append(b.group.Spec.Taints, corev1.Taint{Key: key, Value: value, Effect: effect})
	return b
}

// ScaleUp says whether pods may make the group grow.
func (b *NodeGroupBuilder) ScaleUp(enabled bool) *NodeGroupBuilder {
	b.group.Spec.ScaleUpPolicy.Enabled = &enabled
	return b
}

// ScaleDown says whether empty nodes may go.
func (b *NodeGroupBuilder) ScaleDown(enabled bool) *NodeGroupBuilder {
	b.group.Spec.ScaleDownPolicy.Enabled = &enabled
	return b
}

// Window says how long a node must have been empty before it goes, in whole seconds.
func (b *NodeGroupBuilder) Window(window time.Duration) *NodeGroupBuilder {
	seconds := int32(window / time.Second)
	b.group.Spec.ScaleDownPolicy.StabilizationWindowSeconds = &seconds
	return b
}

// Obj is the NodeGroup.
func (b *NodeGroupBuilder) Obj() *v1alpha1.NodeGroup { return b.group.DeepCopy() }
