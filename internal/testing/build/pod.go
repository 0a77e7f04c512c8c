package build

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PodBuilder makes a Pod.
type PodBuilder struct{ pod corev1.Pod }

// Pod starts a pending pod of one container that asks for nothing and waits for the default scheduler.
func Pod(name string) *PodBuilder {
	return &PodBuilder{corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: name, UID: UID(name), CreationTimestamp: metav1.Now()},
		Spec: corev1.PodSpec{
			SchedulerName: corev1.DefaultSchedulerName,
			Containers:    []corev1.Container{{Name: "app"}},
		},
		Status: corev1.PodStatus{Phase: corev1.PodPending},
	}}
}

// Requests asks for CPU and memory.
func (b *PodBuilder) Requests(cpu, memory string) *PodBuilder {
	b.pod.Spec.Containers[0].Resources.Requests = corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory),
	}
	return b
}

// On binds the pod to a node and has it run.
func (b *PodBuilder) On(node string) *PodBuilder {
	b.pod.Spec.NodeName, b.pod.Status.Phase = node, corev1.PodRunning
	return b
}

// Phase says how far the pod is.
func (b *PodBuilder) Phase(phase corev1.PodPhase) *PodBuilder {
	b.pod.Status.Phase = phase
	return b
}

// Unschedulable has kube-scheduler refuse the pod.
func (b *PodBuilder) Unschedulable() *PodBuilder {
	return b.Scheduled(corev1.ConditionFalse, corev1.PodReasonUnschedulable)
}

// Scheduled sets the condition PodScheduled.
func (b *PodBuilder) Scheduled(status corev1.ConditionStatus, reason string) *PodBuilder {
	b.pod.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: status, Reason: reason, ObservedGeneration: b.pod.Generation,
	}}
	return b
}

// Message is what the scheduler says about it.
func (b *PodBuilder) Message(message string) *PodBuilder {
	b.pod.Status.Conditions[0].Message = message
	return b
}

// Generation sets the generation of the specification.
func (b *PodBuilder) Generation(generation int64) *PodBuilder {
	b.pod.Generation = generation
	return b
}

// OwnedBy names the controller of the pod.
func (b *PodBuilder) OwnedBy(kind, name string) *PodBuilder {
	yes := true
	b.pod.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: kind, Name: name, UID: UID(name), Controller: &yes}}
	return b
}

// Mirror makes the pod the mirror of a static pod.
func (b *PodBuilder) Mirror() *PodBuilder {
	b.pod.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: "static"}
	return b
}

// Gated holds the pod back with a scheduling gate.
func (b *PodBuilder) Gated() *PodBuilder {
	b.pod.Spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: "example.com/gate"}}
	return b
}

// Nominated names the node that preemption makes room on.
func (b *PodBuilder) Nominated(node string) *PodBuilder {
	b.pod.Status.NominatedNodeName = node
	return b
}

// Scheduler names the scheduler that the pod waits for.
func (b *PodBuilder) Scheduler(name string) *PodBuilder {
	b.pod.Spec.SchedulerName = name
	return b
}

// Selects adds a node selector.
func (b *PodBuilder) Selects(key, value string) *PodBuilder {
	b.pod.Spec.NodeSelector = map[string]string{key: value}
	return b
}

// Created sets the time of creation.
func (b *PodBuilder) Created(at time.Time) *PodBuilder {
	b.pod.CreationTimestamp = metav1.NewTime(at)
	return b
}

// Terminating has the deletion of the pod asked for, to be over at a time. A finalizer keeps the pod until then.
func (b *PodBuilder) Terminating(at time.Time) *PodBuilder {
	due := metav1.NewTime(at)
	b.pod.DeletionTimestamp = &due
	return b.Lingering()
}

// Lingering keeps the pod in existence after its deletion, as a container that takes long to stop does.
func (b *PodBuilder) Lingering() *PodBuilder {
	b.pod.Finalizers = []string{"example.com/lingers"}
	return b
}

// Obj is the pod.
func (b *PodBuilder) Obj() *corev1.Pod { return b.pod.DeepCopy() }
