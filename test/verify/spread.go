package verify

import (
	"fmt"
	"math"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// constraint is one hard topology spread constraint.
type constraint struct {
	key        string
	selector   labels.Selector
	maxSkew    int
	minDomains int
	// honorAffinity and honorTaints leave out the nodes that the pod may not run on.
	honorAffinity, honorTaints bool
}

func constraintsOf(pod *corev1.Pod) []constraint {
	var list []constraint
	for i := range pod.Spec.TopologySpreadConstraints {
		c := &pod.Spec.TopologySpreadConstraints[i]
		if c.WhenUnsatisfiable == corev1.ScheduleAnyway {
			continue
		}
		one := constraint{key: c.TopologyKey, maxSkew: int(c.MaxSkew), minDomains: 1, honorAffinity: true}
		one.selector = selectorOf(withKeys(pod, c.LabelSelector, c.MatchLabelKeys, metav1.LabelSelectorOpIn))
		if c.MinDomains != nil {
			one.minDomains = int(*c.MinDomains)
		}
		if c.NodeAffinityPolicy != nil {
			one.honorAffinity = *c.NodeAffinityPolicy == corev1.NodeInclusionPolicyHonor
		}
		if c.NodeTaintsPolicy != nil {
			one.honorTaints = *c.NodeTaintsPolicy == corev1.NodeInclusionPolicyHonor
		}
		list = append(list, one)
	}
	return list
}

// fitsSpread: with the pod, its domain has at most maxSkew more matching pods than the domain with the fewest, for each constraint.
func (w *world) fitsSpread(p *pod, h *host) error {
	for i := range p.spread {
		c := &p.spread[i]
		value, has := h.node.Labels[c.key]
		if !has {
			return fmt.Errorf("topology spread: the node has no label %s", c.key)
		}
		counts := w.domains(p, c)
		fewest := math.MaxInt
		for _, n := range counts {
			fewest = min(fewest, n)
		}
		if len(counts) < c.minDomains {
			fewest = 0
		}
		self := 0
		if c.selector.Matches(labels.Set(p.Labels)) {
			self = 1
		}
		if counts[value]+self-fewest > c.maxSkew {
			return fmt.Errorf("topology spread: %s %s has %d matching pods, and %d with this one; "+
				"the fewest are %d in one of %d domains (minDomains %d); maxSkew is %d",
				c.key, value, counts[value], counts[value]+self, fewest, len(counts), c.minDomains, c.maxSkew)
		}
	}
	return nil
}

// domains counts the matching pods of each domain. Domains are those of the nodes that have the keys of all the pod's constraints and
// that the policies do not leave out.
func (w *world) domains(p *pod, c *constraint) map[string]int {
	counts := map[string]int{}
	for _, h := range w.hosts {
		if !hasAllKeys(p.spread, h) {
			continue
		}
		if c.honorAffinity {
			if matches, err := p.required.Match(h.node); err == nil && !matches {
				continue
			}
		}
		if c.honorTaints && untoleratedByNode(p.Pod, h) {
			continue
		}
		counts[h.node.Labels[c.key]] += matching(h, c.selector, p.Namespace)
	}
	return counts
}

func hasAllKeys(constraints []constraint, h *host) bool {
	for i := range constraints {
		if _, has := h.node.Labels[constraints[i].key]; !has {
			return false
		}
	}
	return true
}

// untoleratedByNode looks at the taints alone: the mark of a cordoned node is no taint to this rule until it has been written as one.
func untoleratedByNode(pod *corev1.Pod, h *host) bool {
	plain := *h
	plain.node = &corev1.Node{}
	return untolerated(pod, &plain) != nil
}

// matching counts the pods of a namespace on a host that are there to stay. An empty selector counts none, unlike elsewhere.
func matching(h *host, selector labels.Selector, namespace string) int {
	if selector.Empty() {
		return 0
	}
	n := 0
	for _, other := range h.pods {
		if other.host == h && other.Namespace == namespace && other.DeletionTimestamp == nil && selector.Matches(labels.Set(other.Labels)) {
			n++
		}
	}
	return n
}
