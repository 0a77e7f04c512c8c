package topology

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/canon"
)

// term is a required pod affinity or anti-affinity term.
type term struct {
	key        int // index in Table.keys
	namespaces []string
	// namespaceSelector is nil where the term has none.
	namespaceSelector labels.Selector
	selector          labels.Selector
}

// newTerm reads a term of a pod. A selector that cannot be parsed selects nothing.
func (t *Table) newTerm(pod *corev1.Pod, from *corev1.PodAffinityTerm) term {
	read := term{key: t.key(from.TopologyKey), namespaces: from.Namespaces, selector: labels.Nothing()}
	if len(from.Namespaces) == 0 && from.NamespaceSelector == nil {
		read.namespaces = []string{pod.Namespace}
	}
	if selector, err := metav1.LabelSelectorAsSelector(from.LabelSelector); err == nil {
		read.selector = withLabelKeys(selector, pod, from.MatchLabelKeys, from.MismatchLabelKeys)
	}
	if from.NamespaceSelector != nil {
		read.namespaceSelector = labels.Nothing()
		if selector, err := metav1.LabelSelectorAsSelector(from.NamespaceSelector); err == nil {
			read.namespaceSelector = selector
		}
	}
	return read
}

// withLabelKeys narrows a selector to pods that have the same values as the pod in some labels and other values in others. The API
// server has done that for pods it stores; here it is for pods that it has never seen, and does no harm to others.
func withLabelKeys(selector labels.Selector, pod *corev1.Pod, same, other []string) labels.Selector {
	for _, key := range same {
		selector = withLabelKey(selector, pod, key, "in")
	}
	for _, key := range other {
		selector = withLabelKey(selector, pod, key, "notin")
	}
	return selector
}

func withLabelKey(selector labels.Selector, pod *corev1.Pod, key, operator string) labels.Selector {
	value, ok := pod.Labels[key]
	if !ok {
		return selector
	}
	// Joined and parsed, so that no more of the apimachinery is needed; labels hold no character that would confuse it.
	added, err := labels.Parse(key + " " + operator + " (" + value + ")")
	if err != nil {
		return labels.Nothing()
	}
	requirements, selectable := added.Requirements()
	if _, something := selector.Requirements(); !selectable || !something {
		return selector
	}
	return selector.Add(requirements...)
}

// matches tells whether a term speaks of a pod.
func (m *term) matches(t *Table, namespace string, podLabels labels.Set) bool {
	if !slices.Contains(m.namespaces, namespace) &&
		(m.namespaceSelector == nil || !m.namespaceSelector.Matches(labels.Set(t.namespaces[namespace]))) {
		return false
	}
	return m.selector.Matches(podLabels)
}

// appendTerm appends a term of a pod in canonical form.
func appendTerm(key []byte, pod *corev1.Pod, from *corev1.PodAffinityTerm) []byte {
	key = canon.Text(key, from.TopologyKey)
	if len(from.Namespaces) == 0 && from.NamespaceSelector == nil {
		key = canon.Set(key, []string{pod.Namespace})
	} else {
		key = canon.Set(key, from.Namespaces)
	}
	key = canon.Selector(canon.Selector(key, from.NamespaceSelector), from.LabelSelector)
	return appendLabelKeys(appendLabelKeys(key, pod, from.MatchLabelKeys), pod, from.MismatchLabelKeys)
}

// AppendAvoidance appends what a pod keeps away from, in a form that is equal for pods which keep away from the same.
func AppendAvoidance(key []byte, pod *corev1.Pod) []byte {
	terms := requiredAntiAffinity(pod)
	for i := range terms {
		key = appendTerm(append(key, '|'), pod, &terms[i])
	}
	return key
}

func appendLabelKeys(key []byte, pod *corev1.Pod, names []string) []byte {
	for _, name := range names {
		if value, ok := pod.Labels[name]; ok {
			key = canon.Text(append(key, '='), name, value)
		}
	}
	return append(key, '.')
}

func requiredAffinity(pod *corev1.Pod) []corev1.PodAffinityTerm {
	if a := pod.Spec.Affinity; a != nil && a.PodAffinity != nil {
		return a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	}
	return nil
}

func requiredAntiAffinity(pod *corev1.Pod) []corev1.PodAffinityTerm {
	if a := pod.Spec.Affinity; a != nil && a.PodAntiAffinity != nil {
		return a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	}
	return nil
}
