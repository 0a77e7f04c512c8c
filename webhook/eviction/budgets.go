package eviction

import (
	"cmp"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// budgets are the PodDisruptionBudgets, with their selectors made ready, filed by a label that each needs: a namespace may have
// thousands, of which a pod is to be compared with few.
type budgets struct {
	byLabel map[needed]map[string]budget // by name
	filed   map[types.NamespacedName]needed
}

// needed is a label that a selector asks for. Without key, it asks for none by value.
type needed struct{ namespace, key, value string }

type budget struct {
	*policyv1.PodDisruptionBudget
	selector labels.Selector
}

func newBudgets() budgets {
	return budgets{byLabel: map[needed]map[string]budget{}, filed: map[types.NamespacedName]needed{}}
}

func (b *budgets) put(object *policyv1.PodDisruptionBudget) {
	b.drop(object)
	selector, err := metav1.LabelSelectorAsSelector(object.Spec.Selector)
	if err != nil {
		return // the API server takes such a budget to match nothing
	}
	label := need(object)
	if b.byLabel[label] == nil {
		b.byLabel[label] = map[string]budget{}
	}
	b.byLabel[label][object.Name] = budget{object, selector}
	b.filed[client.ObjectKeyFromObject(object)] = label
}

func need(object *policyv1.PodDisruptionBudget) needed {
	label := needed{namespace: object.Namespace}
	if selector := object.Spec.Selector; selector != nil && len(selector.MatchLabels) > 0 {
		label.key = slices.Min(slices.Collect(maps.Keys(selector.MatchLabels)))
		label.value = selector.MatchLabels[label.key]
	}
	return label
}

func (b *budgets) drop(object *policyv1.PodDisruptionBudget) {
	name := client.ObjectKeyFromObject(object)
	label, filed := b.filed[name]
	if !filed {
		return
	}
	delete(b.filed, name)
	delete(b.byLabel[label], name.Name)
	if len(b.byLabel[label]) == 0 {
		delete(b.byLabel, label)
	}
}

// matching are the budgets that the API server would find for the pod, by name.
func (b *budgets) matching(pod *corev1.Pod) (found []*policyv1.PodDisruptionBudget) {
	compare := func(label needed) {
		for _, candidate := range b.byLabel[label] {
			if candidate.selector.Matches(labels.Set(pod.Labels)) {
				found = append(found, candidate.PodDisruptionBudget)
			}
		}
	}
	compare(needed{namespace: pod.Namespace})
	for key, value := range pod.Labels {
		compare(needed{pod.Namespace, key, value})
	}
	slices.SortFunc(found, func(a, b *policyv1.PodDisruptionBudget) int { return cmp.Compare(a.Name, b.Name) })
	return found
}
