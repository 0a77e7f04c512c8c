package snapshots

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// simplifications each take one rule out of a pod, and tell whether the pod had it.
var simplifications = []func(*corev1.Pod) bool{
	func(p *corev1.Pod) bool { return clearField(&p.Spec.Affinity) },
	func(p *corev1.Pod) bool { return p.Spec.Affinity != nil && clearField(&p.Spec.Affinity.NodeAffinity) },
	func(p *corev1.Pod) bool { return p.Spec.Affinity != nil && clearField(&p.Spec.Affinity.PodAffinity) },
	func(p *corev1.Pod) bool {
		return p.Spec.Affinity != nil && clearField(&p.Spec.Affinity.PodAntiAffinity)
	},
	func(p *corev1.Pod) bool { return clearList(&p.Spec.TopologySpreadConstraints) },
	func(p *corev1.Pod) bool { return clearList(&p.Spec.InitContainers) },
	func(p *corev1.Pod) bool { return clearList(&p.Spec.Tolerations) },
	func(p *corev1.Pod) bool { return clearList(&p.Spec.Volumes) },
	func(p *corev1.Pod) bool { return clearList(&p.Spec.Containers[0].Ports) },
	func(p *corev1.Pod) bool { return clearField(&p.Spec.Resources) },
	func(p *corev1.Pod) bool { return clearField(&p.Spec.Priority) },
	func(p *corev1.Pod) bool { return clearField(&p.Spec.PreemptionPolicy) },
	func(p *corev1.Pod) bool { return clearList(&p.Status.ContainerStatuses) },
	func(p *corev1.Pod) bool { return clearList(&p.Status.Conditions) },
	func(p *corev1.Pod) bool { return clearField(&p.DeletionTimestamp) },
	func(p *corev1.Pod) bool {
		more := len(p.Spec.Containers) > 1
		p.Spec.Containers = p.Spec.Containers[:1]
		return more
	},
	func(p *corev1.Pod) bool { had := len(p.Spec.NodeSelector) > 0; p.Spec.NodeSelector = nil; return had },
	func(p *corev1.Pod) bool { had := len(p.Spec.Overhead) > 0; p.Spec.Overhead = nil; return had },
	func(p *corev1.Pod) bool {
		r := &p.Spec.Containers[0].Resources
		had := len(r.Requests) > 0
		r.Requests, r.Limits = nil, nil
		return had
	},
}

func clearField[T any](field **T) bool {
	had := *field != nil
	*field = nil
	return had
}

func clearList[T any](list *[]T) bool {
	had := len(*list) > 0
	*list = nil
	return had
}

// simplifyPod takes rules, terms, labels and requests out of a pod.
func (k *shrinker) simplifyPod(of func(*plan.Snapshot) *corev1.Pod) {
	for _, simplify := range simplifications {
		if simplify(of(k.best).DeepCopy()) {
			k.try(func(s *plan.Snapshot) { simplify(of(s)) })
		}
	}
	dropKeys(k, func(s *plan.Snapshot) map[string]string { return of(s).Labels })
	dropKeys(k, func(s *plan.Snapshot) corev1.ResourceList { return of(s).Spec.Containers[0].Resources.Requests })
	for i := len(of(k.best).Spec.TopologySpreadConstraints) - 1; i >= 0; i-- {
		k.try(func(s *plan.Snapshot) {
			spec := &of(s).Spec
			spec.TopologySpreadConstraints = slices.Delete(spec.TopologySpreadConstraints, i, i+1)
		})
	}
	for _, terms := range termLists {
		for i := len(*terms(of(k.best))) - 1; i >= 0; i-- {
			k.try(func(s *plan.Snapshot) { list := terms(of(s)); *list = slices.Delete(*list, i, i+1) })
		}
	}
}

// termLists are the lists of hard pod affinity terms of a pod; an empty one where it has none.
var termLists = []func(*corev1.Pod) *[]corev1.PodAffinityTerm{
	func(p *corev1.Pod) *[]corev1.PodAffinityTerm {
		if a := p.Spec.Affinity; a != nil && a.PodAffinity != nil {
			return &a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution
		}
		return new([]corev1.PodAffinityTerm)
	},
	func(p *corev1.Pod) *[]corev1.PodAffinityTerm {
		if a := p.Spec.Affinity; a != nil && a.PodAntiAffinity != nil {
			return &a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution
		}
		return new([]corev1.PodAffinityTerm)
	},
}
