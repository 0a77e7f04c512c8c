// Package canon writes parts of Kubernetes objects as bytes that are equal just when the parts mean the same, whatever the order of
// maps and sets. The planner uses them as keys.
package canon

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Text appends strings with their lengths, so that no two lists give the same bytes.
func Text(key []byte, texts ...string) []byte {
	for _, text := range texts {
		key = strconv.AppendInt(key, int64(len(text)), 10)
		key = append(key, ':')
		key = append(key, text...)
	}
	return key
}

// Map appends a map of labels.
func Map(key []byte, labels map[string]string) []byte {
	key = strconv.AppendInt(key, int64(len(labels)), 10)
	if len(labels) < 2 {
		for name, value := range labels {
			key = Text(key, name, value)
		}
		return key
	}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		key = Text(key, name, labels[name])
	}
	return key
}

// Set appends strings whose order does not matter.
func Set(key []byte, texts []string) []byte {
	key = strconv.AppendInt(key, int64(len(texts)), 10)
	if !slices.IsSorted(texts) {
		texts = slices.Sorted(slices.Values(texts))
	}
	return Text(key, texts...)
}

// Selector appends a label selector; none at all differs from an empty one.
func Selector(key []byte, s *metav1.LabelSelector) []byte {
	if s == nil {
		return append(key, '-')
	}
	key = Map(append(key, '+'), s.MatchLabels)
	key = strconv.AppendInt(key, int64(len(s.MatchExpressions)), 10)
	for i := range s.MatchExpressions {
		e := &s.MatchExpressions[i]
		key = Set(Text(key, e.Key, string(e.Operator)), e.Values)
	}
	return key
}

// NodeSelector appends the terms of a node selector.
func NodeSelector(key []byte, s *corev1.NodeSelector) []byte {
	key = strconv.AppendInt(key, int64(len(s.NodeSelectorTerms)), 10)
	for i := range s.NodeSelectorTerms {
		key = nodeRequirements(append(key, 'T'), s.NodeSelectorTerms[i].MatchExpressions)
		key = nodeRequirements(append(key, 'F'), s.NodeSelectorTerms[i].MatchFields)
	}
	return key
}

func nodeRequirements(key []byte, requirements []corev1.NodeSelectorRequirement) []byte {
	key = strconv.AppendInt(key, int64(len(requirements)), 10)
	for i := range requirements {
		key = Set(Text(key, requirements[i].Key, string(requirements[i].Operator)), requirements[i].Values)
	}
	return key
}

// Tolerations appends tolerations.
func Tolerations(key []byte, tolerations []corev1.Toleration) []byte {
	key = strconv.AppendInt(key, int64(len(tolerations)), 10)
	if !slices.IsSortedFunc(tolerations, compareTolerations) {
		tolerations = slices.SortedFunc(slices.Values(tolerations), compareTolerations)
	}
	for i := range tolerations {
		t := &tolerations[i]
		key = Text(key, t.Key, string(t.Operator), t.Value, string(t.Effect))
	}
	return key
}

func compareTolerations(a, b corev1.Toleration) int {
	return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Operator, b.Operator), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Effect, b.Effect))
}
