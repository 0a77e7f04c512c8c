package main

import (
	corev1 "k8s.io/api/core/v1"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// amount is how much of something is used.
type amount struct{ used, all int64 }

// share is from 0 to 1; of nothing, nothing is used.
func (a amount) share() float64 {
	if a.all <= 0 {
		return 0
	}
	return float64(a.used) / float64(a.all)
}

func (a amount) plus(b amount) amount { return amount{a.used + b.used, a.all + b.all} }

// usage is what the waiting pods take of nodes, DaemonSets left out: cpu in thousandths of a core, memory in bytes, pod slots.
type usage struct{ cpu, memory, pods amount }

func (u usage) plus(v usage) usage {
	return usage{u.cpu.plus(v.cpu), u.memory.plus(v.memory), u.pods.plus(v.pods)}
}

func usageOf(node *plan.NewNode) usage {
	have := node.Offering.Allocatable
	u := usage{
		cpu:    amount{all: have.Cpu().MilliValue()},
		memory: amount{all: have.Memory().Value()},
		pods:   amount{used: int64(len(node.Pods)), all: have.Pods().Value()},
	}
	for _, pod := range node.Pods {
		requests := podRequests(pod)
		u.cpu.used += requests.Cpu().MilliValue()
		u.memory.used += requests.Memory().Value()
	}
	return u
}

// podRequests is what kube-scheduler counts for a pod. Most pods have one container, whose requests need no copy.
func podRequests(pod *corev1.Pod) corev1.ResourceList {
	if len(pod.Spec.Containers) == 1 && len(pod.Spec.InitContainers) == 0 && pod.Spec.Resources == nil && len(pod.Spec.Overhead) == 0 {
		return pod.Spec.Containers[0].Resources.Requests
	}
	return resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{})
}
