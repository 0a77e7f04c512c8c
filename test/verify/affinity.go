package verify

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// term is one required term of pod affinity or anti-affinity.
type term struct {
	key        string
	selector   labels.Selector
	namespaces []string
	nsSelector labels.Selector
}

func termsOf(pod *corev1.Pod, list []corev1.PodAffinityTerm) []term {
	terms := make([]term, len(list))
	for i := range list {
		t := &list[i]
		terms[i] = term{key: t.TopologyKey, namespaces: t.Namespaces, nsSelector: selectorOf(t.NamespaceSelector)}
		if len(t.Namespaces) == 0 && t.NamespaceSelector == nil {
			terms[i].namespaces = []string{pod.Namespace}
		}
		selector := withKeys(pod, t.LabelSelector, t.MatchLabelKeys, metav1.LabelSelectorOpIn)
		terms[i].selector = selectorOf(withKeys(pod, selector, t.MismatchLabelKeys, metav1.LabelSelectorOpNotIn))
	}
	return terms
}

// withKeys adds what label keys ask for: the pod's own value, or another one. The API server writes this into the selector of a pod
// before it stores it, so that a key which the selector mentions has been seen to.
func withKeys(pod *corev1.Pod, selector *metav1.LabelSelector, keys []string, operator metav1.LabelSelectorOperator) *metav1.LabelSelector {
	if selector == nil {
		return nil
	}
	merged := selector.DeepCopy()
	for _, key := range keys {
		value, has := pod.Labels[key]
		mentioned := slices.ContainsFunc(selector.MatchExpressions, func(e metav1.LabelSelectorRequirement) bool { return e.Key == key })
		if has && !mentioned {
			merged.MatchExpressions = append(merged.MatchExpressions, metav1.LabelSelectorRequirement{Key: key, Operator: operator, Values: []string{value}})
		}
	}
	return merged
}

// selectorOf turns no selector into one that matches nothing, an empty one into one that matches everything.
func selectorOf(selector *metav1.LabelSelector) labels.Selector {
	s, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return labels.Nothing()
	}
	return s
}

// about tells whether a term is about a pod.
func (w *world) about(t *term, p *corev1.Pod) bool {
	in := slices.Contains(t.namespaces, p.Namespace) || t.nsSelector.Matches(labels.Set(w.s.Namespaces[p.Namespace]))
	return in && t.selector.Matches(labels.Set(p.Labels))
}

func (w *world) aboutAll(terms []term, p *corev1.Pod) bool {
	for i := range terms {
		if !w.about(&terms[i], p) {
			return false
		}
	}
	return true
}

// inOneDomain tells whether two hosts are in one domain of a topology key. A host without the label is in none.
func inOneDomain(key string, a, b *host) bool {
	value, has := a.node.Labels[key]
	other, hasOther := b.node.Labels[key]
	return has && hasOther && value == other
}

// fitsAntiAffinity: no pod that the pod's own anti-affinity is about is in the same domain.
func (w *world) fitsAntiAffinity(p *pod, h *host) error {
	for i := range p.anti {
		t := &p.anti[i]
		for _, other := range w.all {
			if other.host != nil && inOneDomain(t.key, h, other.host) && w.about(t, other.Pod) {
				return fmt.Errorf("anti-affinity: pod %s on %s is in the same %s %s", other, other.host, t.key, h.node.Labels[t.key])
			}
		}
	}
	return nil
}

// fitsGuards: no pod in the same domain has anti-affinity that is about the pod.
func (w *world) fitsGuards(p *pod, h *host) error {
	for _, guard := range w.guards {
		if guard.host == nil {
			continue
		}
		for i := range guard.anti {
			t := &guard.anti[i]
			if inOneDomain(t.key, h, guard.host) && w.about(t, p.Pod) {
				return fmt.Errorf("anti-affinity of pod %s on %s: it refuses the pod in the same %s %s", guard, guard.host, t.key, h.node.Labels[t.key])
			}
		}
	}
	return nil
}

// fitsAffinity: for each term, a pod that all terms are about is in the same domain. When there is no such pod anywhere, a pod that its
// own terms are about may be the first, on a host that has all the labels.
func (w *world) fitsAffinity(p *pod, h *host) error {
	if len(p.affinity) == 0 {
		return nil
	}
	_, err := w.meets(p, h, w.company(p))
	return err
}

// company lists the pods that all terms of a pod's affinity are about, wherever they are.
func (w *world) company(p *pod) []*pod {
	var list []*pod
	for _, other := range w.all {
		if other != p && w.aboutAll(p.affinity, other.Pod) {
			list = append(list, other)
		}
	}
	return list
}

// meets tells whether none of the company is anywhere, and why the pod may not go to the host.
func (w *world) meets(p *pod, h *host, company []*pod) (alone bool, err error) {
	anywhere := false
	met := make([]bool, len(p.affinity))
	for _, other := range company {
		if other.host == nil {
			continue
		}
		for i := range p.affinity {
			_, counted := other.host.node.Labels[p.affinity[i].key]
			anywhere = anywhere || counted
			met[i] = met[i] || inOneDomain(p.affinity[i].key, h, other.host)
		}
	}
	for i := range p.affinity {
		key := p.affinity[i].key
		if _, has := h.node.Labels[key]; !has {
			return !anywhere, fmt.Errorf("affinity: the node has no label %s", key)
		}
		if itself := w.aboutAll(p.affinity, p.Pod); !met[i] && (anywhere || !itself) {
			return !anywhere, fmt.Errorf("affinity: term %d: no pod that the terms are about is in the same %s %s; others elsewhere: %t; about itself: %t",
				i, key, h.node.Labels[key], anywhere, itself)
		}
	}
	return !anywhere, nil
}
