package workload

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resourcehelper "k8s.io/component-helpers/resource"
)

// Complete fills in what the API server does for pods and not for the templates that they are made from: the scheduler's name, requests
// that follow from limits, and the host ports of pods in the host's network. It copies what it changes, so the parts of the pod may
// be shared.
func Complete(pod *corev1.Pod) {
	spec := &pod.Spec
	if spec.SchedulerName == "" {
		spec.SchedulerName = corev1.DefaultSchedulerName
	}
	spec.Containers = completeContainers(spec.Containers, spec.HostNetwork)
	spec.InitContainers = completeContainers(spec.InitContainers, spec.HostNetwork)
	if whole := spec.Resources; whole != nil && lacksRequests(whole) {
		parts := resourcehelper.AggregateContainerRequests(pod, resourcehelper.PodResourcesOptions{})
		maps.DeleteFunc(parts, func(name corev1.ResourceName, _ resource.Quantity) bool {
			_, limited := whole.Limits[name]
			return !limited
		})
		spec.Resources = &corev1.ResourceRequirements{Limits: whole.Limits, Requests: merged(whole.Limits, parts, whole.Requests)}
	}
}

func completeContainers(containers []corev1.Container, hostNetwork bool) []corev1.Container {
	if !slices.ContainsFunc(containers, func(c corev1.Container) bool { return lacksRequests(&c.Resources) || hostNetwork && len(c.Ports) > 0 }) {
		return containers
	}
	containers = slices.Clone(containers)
	for i := range containers {
		c := &containers[i]
		if lacksRequests(&c.Resources) {
			c.Resources.Requests = merged(c.Resources.Limits, c.Resources.Requests)
		}
		if hostNetwork {
			c.Ports = slices.Clone(c.Ports)
			for j := range c.Ports {
				if c.Ports[j].HostPort == 0 {
					c.Ports[j].HostPort = c.Ports[j].ContainerPort
				}
			}
		}
	}
	return containers
}

// lacksRequests tells whether a resource has a limit and no request.
func lacksRequests(r *corev1.ResourceRequirements) bool {
	for name := range r.Limits {
		if _, given := r.Requests[name]; !given {
			return true
		}
	}
	return false
}

// merged is a new list with the amounts of all lists; the later ones count.
func merged(lists ...corev1.ResourceList) corev1.ResourceList {
	all := corev1.ResourceList{}
	for _, list := range lists {
		maps.Copy(all, list)
	}
	return all
}
