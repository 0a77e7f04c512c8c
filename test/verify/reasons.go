package verify

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// implausible tells what speaks against the reason of a pod that could not have a place.
func (v *verdict) implausible(left *plan.Unplaced, look *outlook) string {
	p := look.p
	switch left.Reason {
	case plan.ReasonBelowCutoff:
		if !v.below(p.Pod) {
			return fmt.Sprintf("its priority is %d", priorityOf(p.Pod))
		}
	case plan.ReasonNoMatchingGroup:
		if look.admitted {
			return "the labels and taints of a machine let it in"
		}
	case plan.ReasonTooLarge:
		if !look.admitted || look.large {
			return fmt.Sprintf("let in by a machine: %t; one of these is large enough: %t", look.admitted, look.large)
		}
	case plan.ReasonVolumes:
		if len(p.Spec.Volumes) == 0 {
			return "it has no volumes"
		}
	case plan.ReasonHostPort:
		if len(p.ports) == 0 {
			return "it has no host ports"
		}
	case plan.ReasonPodAffinity:
		if len(p.affinity) == 0 {
			return "it has no required pod affinity"
		}
	case plan.ReasonPodAntiAffinity:
		if len(p.anti) == 0 && !v.refused(p.Pod) {
			return "neither it nor a pod that is about it has required pod anti-affinity"
		}
	case plan.ReasonTopologySpread:
		if len(p.spread) == 0 && !v.harmful[p] {
			return "it has no hard topology spread constraint"
		}
	case plan.ReasonSoldOut, plan.ReasonGroupLimit, plan.ReasonClusterLimit:
		if v.below(p.Pod) {
			return "its priority is below the cut-off"
		}
		if !look.obstacles[left.Reason] {
			return fmt.Sprintf("no machine that could hold it is kept back by that; a machine lets it in: %t, has its volumes: %t, is large enough: %t",
				look.admitted, look.reached, look.large)
		}
	default:
		return "there is no such reason"
	}
	return ""
}

// refused tells whether somebody in the cluster has anti-affinity that is about the pod.
func (v *verdict) refused(pod *corev1.Pod) bool {
	for _, guard := range v.w.guards {
		for i := range guard.anti {
			if v.w.about(&guard.anti[i], pod) {
				return true
			}
		}
	}
	for _, daemon := range v.s.Daemons {
		for _, t := range newPod(daemon).anti {
			if v.w.about(&t, pod) {
				return true
			}
		}
	}
	return false
}

// preempts tells why the scheduler will not make room for a pod by preemption: it must be allowed to, must not have tried already, and
// there must be a node that would do when all pods of lower priority there are gone.
func (v *verdict) preempts(p *pod) error {
	if policy := p.Spec.PreemptionPolicy; policy != nil && *policy == corev1.PreemptNever {
		return fmt.Errorf("its preemption policy is %s", *policy)
	}
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return fmt.Errorf("the scheduler has tried already: %s", c.Reason)
		}
	}
	w := newWorld(v.s)
	if w.anyWithoutLower(p) {
		return nil
	}
	for _, placed := range v.p.Placed { // the scheduler may try once these have come
		w.add(w.pod(placed.Pod), w.byName[placed.Node])
	}
	if w.anyWithoutLower(p) {
		return nil
	}
	return fmt.Errorf("no node would do even without its pods of a priority below %d", priorityOf(p.Pod))
}

func (w *world) anyWithoutLower(p *pod) bool {
	return slices.ContainsFunc(w.hosts, func(h *host) bool { return !h.inFlight && w.fitsWithoutLower(p, h) })
}

func (w *world) fitsWithoutLower(p *pod, h *host) bool {
	var victims []*pod
	for _, other := range h.pods {
		if priorityOf(other.Pod) < priorityOf(p.Pod) {
			victims = append(victims, other)
		}
	}
	if len(victims) == 0 {
		return false
	}
	for _, victim := range victims {
		w.take(victim)
	}
	defer func() {
		for _, victim := range victims {
			w.put(victim, h)
		}
	}()
	return w.allows(p, h) == nil
}
