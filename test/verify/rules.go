package verify

import (
	"fmt"
	"maps"
	"slices"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	schedulinghelper "k8s.io/component-helpers/scheduling/corev1"
)

// rule tells why a pod that is nowhere may not go to a host, or nil.
type rule func(*world, *pod, *host) error

// The rules by what they look at: the node alone, the room that its pods leave, what they hold, and the pods of other nodes as well.
var (
	alone    = []rule{(*world).fitsNode, (*world).fitsTaints, (*world).fitsVolumes}
	roomy    = []rule{(*world).fitsResources, (*world).fitsAttachments}
	onNode   = []rule{(*world).fitsPorts, (*world).fitsDisks, (*world).fitsExclusiveClaims}
	together = []rule{(*world).fitsAntiAffinity, (*world).fitsGuards, (*world).fitsAffinity, (*world).fitsSpread}
)

// allows asks all rules.
func (w *world) allows(p *pod, h *host) error {
	return w.ask(p, h, alone, roomy, onNode, together)
}

func (w *world) ask(p *pod, h *host, rules ...[]rule) error {
	for _, list := range rules {
		for _, rule := range list {
			if err := rule(w, p, h); err != nil {
				return err
			}
		}
	}
	return nil
}

// fitsNode: node selector and required node affinity. A selector that cannot be parsed matches nothing.
func (w *world) fitsNode(p *pod, h *host) error {
	if matches, err := p.required.Match(h.node); err != nil || !matches {
		return fmt.Errorf("node affinity: spec.nodeSelector or spec.affinity.nodeAffinity does not match the labels %v", h.node.Labels)
	}
	return nil
}

// fitsTaints: taints and the mark of a cordoned node.
func (w *world) fitsTaints(p *pod, h *host) error {
	if taint := untolerated(p.Pod, h); taint != nil {
		return fmt.Errorf("taint: %s is not tolerated", taint.ToString())
	}
	return nil
}

// untolerated is the first taint that keeps the pod away, or nil. Tolerations that compare numbers are off by default in 1.37.
func untolerated(pod *corev1.Pod, h *host) *corev1.Taint {
	taints := slices.Clone(h.taints)
	if h.node.Spec.Unschedulable {
		taints = append(taints, corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule})
	}
	for i := range taints {
		if taints[i].Effect == corev1.TaintEffectPreferNoSchedule {
			continue
		}
		if !schedulinghelper.TolerationsTolerateTaint(logr.Discard(), pod.Spec.Tolerations, &taints[i], false) {
			return &taints[i]
		}
	}
	return nil
}

// fitsResources: one pod slot, and room for each resource that the pod asks for. A resource that it does not ask for may be
// overcommitted.
func (w *world) fitsResources(p *pod, h *host) error {
	if used, all := h.used[corev1.ResourcePods], h.allocatable[corev1.ResourcePods]; used+1 > all {
		return fmt.Errorf("pod slots: %d of %d are taken", used, all)
	}
	for _, name := range slices.Sorted(maps.Keys(p.requests)) {
		want, used, all := p.requests[name], h.used[name], h.allocatable[name]
		if want > 0 && want > all-used {
			return fmt.Errorf("resources: %s: asks for %d, %d of %d are taken", name, want, used, all)
		}
	}
	return nil
}

// hostPorts are the ports of the node that a pod holds as long as it runs: those of its containers and sidecars.
func hostPorts(pod *corev1.Pod) []corev1.ContainerPort {
	var ports []corev1.ContainerPort
	add := func(c *corev1.Container) {
		for _, port := range c.Ports {
			if port.HostPort <= 0 {
				continue
			}
			if port.HostIP == "" {
				port.HostIP = "0.0.0.0"
			}
			if port.Protocol == "" {
				port.Protocol = corev1.ProtocolTCP
			}
			ports = append(ports, port)
		}
	}
	for i := range pod.Spec.InitContainers {
		if c := &pod.Spec.InitContainers[i]; c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			add(c)
		}
	}
	for i := range pod.Spec.Containers {
		add(&pod.Spec.Containers[i])
	}
	return ports
}

// fitsPorts: no other pod has the same port and protocol on the same address; 0.0.0.0 is every address.
func (w *world) fitsPorts(p *pod, h *host) error {
	for _, want := range p.ports {
		for _, other := range h.pods {
			if other.host != h {
				continue
			}
			for _, have := range other.ports {
				sameAddress := want.HostIP == have.HostIP || want.HostIP == "0.0.0.0" || have.HostIP == "0.0.0.0"
				if sameAddress && want.HostPort == have.HostPort && want.Protocol == have.Protocol {
					return fmt.Errorf("host port: %s %s:%d is taken by pod %s", want.Protocol, want.HostIP, want.HostPort, other)
				}
			}
		}
	}
	return nil
}
