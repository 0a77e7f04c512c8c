package verify

import (
	corev1 "k8s.io/api/core/v1"
	resourcehelper "k8s.io/component-helpers/resource"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// pod is a pod with its rules in a form that can be asked many times.
type pod struct {
	*corev1.Pod
	host     *host // nil while it is nowhere
	requests map[corev1.ResourceName]int64
	required nodeaffinity.RequiredNodeAffinity
	affinity []term
	anti     []term
	spread   []constraint
	ports    []corev1.ContainerPort
	claims   map[string]bool // namespace/name of the claims among its volumes, ephemeral ones apart
}

func newPod(of *corev1.Pod) *pod {
	p := &pod{Pod: of, required: nodeaffinity.GetRequiredNodeAffinity(of), ports: hostPorts(of), spread: constraintsOf(of)}
	p.requests = amounts(resourcehelper.PodRequests(of, resourcehelper.PodResourcesOptions{
		UseStatusResources: true,
		InPlacePodLevelResourcesVerticalScalingEnabled: true,
	}))
	if a := of.Spec.Affinity; a != nil {
		if a.PodAffinity != nil {
			p.affinity = termsOf(of, a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
		}
		if a.PodAntiAffinity != nil {
			p.anti = termsOf(of, a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
		}
	}
	for i := range of.Spec.Volumes {
		if source := of.Spec.Volumes[i].PersistentVolumeClaim; source != nil {
			if p.claims == nil {
				p.claims = map[string]bool{}
			}
			p.claims[of.Namespace+"/"+source.ClaimName] = true
		}
	}
	return p
}

func (p *pod) String() string { return nameOf(p.Pod) }

func nameOf(pod *corev1.Pod) string { return pod.Namespace + "/" + pod.Name }

// amounts are thousandths for cpu and whole units for everything else, rounded up.
func amounts(list corev1.ResourceList) map[corev1.ResourceName]int64 {
	all := make(map[corev1.ResourceName]int64, len(list))
	for name, quantity := range list {
		if name == corev1.ResourceCPU {
			all[name] = quantity.MilliValue()
		} else {
			all[name] = quantity.Value()
		}
	}
	return all
}
