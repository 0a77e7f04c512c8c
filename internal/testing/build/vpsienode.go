package build

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

// VPSieNodeBuilder makes a VPSieNode.
type VPSieNodeBuilder struct{ node v1alpha1.VPSieNode }

// VPSieNode starts a VPSieNode of a group, bought as the fake cloud's general-2 in Amsterdam, that nobody has worked on yet.
func VPSieNode(name, group string) *VPSieNodeBuilder {
	size := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("8Gi"), corev1.ResourcePods: resource.MustParse("110"),
	}
	return &VPSieNodeBuilder{v1alpha1.VPSieNode{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: Namespace, Name: name, UID: UID(name), CreationTimestamp: metav1.Now(), Finalizers: []string{v1alpha1.FinalizerVPSieNode},
		},
		Spec: v1alpha1.VPSieNodeSpec{
			NodeGroupName: group,
			OfferingID:    fake.OfferingGeneral2,
			DatacenterID:  fake.DatacenterAmsterdam,
			Labels: map[string]string{
				v1alpha1.LabelManaged: "true", v1alpha1.LabelNodeGroup: group, v1alpha1.LabelNodeGroupNamespace: Namespace,
			},
			Capacity:    size,
			Allocatable: size,
		},
	}}
}

// Label adds a label for the Node.
func (b *VPSieNodeBuilder) Label(key, value string) *VPSieNodeBuilder {
	b.node.Spec.Labels[key] = value
	return b
}

// Taint adds a taint for the Node.
func (b *VPSieNodeBuilder) Taint(key, value string, effect corev1.TaintEffect) *VPSieNodeBuilder {
	b.node.Spec.Taints = append(b.node.Spec.Taints, corev1.Taint{Key: key, Value: value, Effect: effect})
	return b
}

// For names the pods, as namespace/name, that the node was bought for.
func (b *VPSieNodeBuilder) For(pods ...string) *VPSieNodeBuilder {
	b.node.Spec.Decision.Pods = pods
	return b
}

// Plan says which plan the node is part of.
func (b *VPSieNodeBuilder) Plan(id string) *VPSieNodeBuilder {
	b.node.Spec.Decision.PlanID = id
	return b
}

// Condition adds a condition that has held since now.
func (b *VPSieNodeBuilder) Condition(kind string, status metav1.ConditionStatus, reason string) *VPSieNodeBuilder {
	return b.ConditionSince(kind, status, reason, time.Now())
}

// ConditionSince adds a condition that has held since a time.
func (b *VPSieNodeBuilder) ConditionSince(kind string, status metav1.ConditionStatus, reason string, since time.Time) *VPSieNodeBuilder {
	b.node.Status.Conditions = append(b.node.Status.Conditions, metav1.Condition{
		Type: kind, Status: status, Reason: reason, LastTransitionTime: metav1.NewTime(since),
	})
	return b
}

// Ready makes it one whose Node runs pods.
func (b *VPSieNodeBuilder) Ready() *VPSieNodeBuilder {
	b.node.Status.Phase, b.node.Status.MachineID = v1alpha1.PhaseReady, "machine-of-"+b.node.Name
	return b.
		Condition(v1alpha1.ConditionLaunched, metav1.ConditionTrue, v1alpha1.ReasonMachineListed).
		Condition(v1alpha1.ConditionRegistered, metav1.ConditionTrue, v1alpha1.ReasonNodeJoined).
		Condition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonNodeReady)
}

// Phase sets the phase.
func (b *VPSieNodeBuilder) Phase(phase string) *VPSieNodeBuilder {
	b.node.Status.Phase = phase
	return b
}

// Created sets the time of creation.
func (b *VPSieNodeBuilder) Created(at time.Time) *VPSieNodeBuilder {
	b.node.CreationTimestamp = metav1.NewTime(at)
	return b
}

// Deleting has its deletion asked for.
func (b *VPSieNodeBuilder) Deleting() *VPSieNodeBuilder {
	now := metav1.Now()
	b.node.DeletionTimestamp = &now
	return b
}

// Obj is the VPSieNode.
func (b *VPSieNodeBuilder) Obj() *v1alpha1.VPSieNode { return b.node.DeepCopy() }
