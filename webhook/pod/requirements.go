package pod

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var (
	selectorPath = field.NewPath("spec", "nodeSelector")
	termsPath    = field.NewPath("spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
)

// requirement is one thing that a pod asks of its node's labels, or of the node's name.
type requirement struct {
	path   *field.Path
	key    string
	op     corev1.NodeSelectorOperator
	values []string
}

// nameKey stands for the name of the node among the keys. With its space it is no key that a label can have.
const nameKey = "field " + metav1.ObjectNameField

// String is how people write it, for example "disk=ssd" or "disk In [hdd ssd]".
func (r requirement) String() string {
	if r.op == corev1.NodeSelectorOpIn && len(r.values) == 1 {
		return r.key + "=" + r.values[0]
	}
	if len(r.values) == 0 {
		return fmt.Sprintf("%s %s", r.key, r.op)
	}
	return fmt.Sprintf("%s %s [%s]", r.key, r.op, shorten(r.values))
}

// requiredTerms are the terms of the required node affinity, of which one must match. None at all lets every node match.
func requiredTerms(pod *corev1.Pod) []corev1.NodeSelectorTerm {
	if a := pod.Spec.Affinity; a != nil && a.NodeAffinity != nil && a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		return a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	}
	return nil
}

// selectorRequirements are those of the node selector, by key.
func selectorRequirements(pod *corev1.Pod) []requirement {
	var list []requirement
	for _, key := range sortedKeys(pod.Spec.NodeSelector) {
		list = append(list, requirement{selectorPath.Key(key), key, corev1.NodeSelectorOpIn, []string{pod.Spec.NodeSelector[key]}})
	}
	return list
}

// termRequirements are those of one term of the node affinity.
func termRequirements(term *corev1.NodeSelectorTerm, path *field.Path) []requirement {
	var list []requirement
	for i, e := range term.MatchExpressions {
		list = append(list, requirement{path.Child("matchExpressions").Index(i), e.Key, e.Operator, e.Values})
	}
	for i, e := range term.MatchFields {
		list = append(list, requirement{path.Child("matchFields").Index(i), nameKey, e.Operator, e.Values})
	}
	return list
}

// mentioned are the keys of labels that decide where a pod may run.
func mentioned(pod *corev1.Pod) []string {
	keys := sortedKeys(pod.Spec.NodeSelector)
	terms := requiredTerms(pod)
	for i := range terms {
		for _, r := range termRequirements(&terms[i], nil) {
			keys = append(keys, r.key)
		}
	}
	return keys
}

// admits tells whether a label that has the value, or is absent, meets the requirement.
func (r requirement) admits(value string, present bool) bool {
	switch r.op {
	case corev1.NodeSelectorOpIn:
		return present && slices.Contains(r.values, value)
	case corev1.NodeSelectorOpNotIn:
		return !present || !slices.Contains(r.values, value)
	case corev1.NodeSelectorOpExists:
		return present
	case corev1.NodeSelectorOpDoesNotExist:
		return !present
	case corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt:
		have, err := strconv.ParseInt(value, 10, 64)
		limit, ok := r.limit()
		if !present || err != nil || !ok {
			return false
		}
		return r.op == corev1.NodeSelectorOpGt && have > limit || r.op == corev1.NodeSelectorOpLt && have < limit
	default:
		return false
	}
}

// limit is the number of a comparison.
func (r requirement) limit() (int64, bool) {
	if len(r.values) != 1 {
		return 0, false
	}
	limit, err := strconv.ParseInt(r.values[0], 10, 64)
	return limit, err == nil
}

// namesShown is how many names a message lists before it only counts them.
const namesShown = 3

func shorten(names []string) string {
	if more := len(names) - namesShown; more > 0 {
		return strings.Join(names[:namesShown], " ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, " ")
}
