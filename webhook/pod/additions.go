package pod

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Additions are what a pod lacks. The zero value adds nothing.
type Additions struct {
	// SchedulerName takes the place of the default scheduler's; empty keeps it.
	SchedulerName string
	// NodeSelector are labels to select besides the pod's own.
	NodeSelector map[string]string
	// Tolerations are to be appended.
	Tolerations []corev1.Toleration
}

// Empty reports whether nothing is to be added.
func (a Additions) Empty() bool {
	return a.SchedulerName == "" && len(a.NodeSelector) == 0 && len(a.Tolerations) == 0
}

// list names the additions as they are recorded on the pod.
func (a Additions) list() []string {
	var list []string
	if a.SchedulerName != "" {
		list = append(list, "schedulerName "+a.SchedulerName)
	}
	for key, value := range a.NodeSelector {
		list = append(list, fmt.Sprintf("nodeSelector %s=%s", key, value))
	}
	for _, t := range a.Tolerations {
		taint := corev1.Taint{Key: t.Key, Value: t.Value, Effect: t.Effect}
		if t.Operator == corev1.TolerationOpExists {
			list = append(list, "toleration "+strings.TrimSuffix(t.Key+":"+string(t.Effect), ":")+" exists")
			continue
		}
		list = append(list, "toleration "+taint.ToString())
	}
	return list
}

// record is the annotation of a pod that gets the additions: what it lists already and what is new, sorted, each once.
func (a Additions) record(pod *corev1.Pod) string {
	list := a.list()
	if earlier := pod.Annotations[v1alpha1.AnnotationPodMutations]; earlier != "" {
		list = append(list, strings.Split(earlier, ", ")...)
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ", ")
}

// draft is a pod with the additions so far.
type draft struct {
	pod      *corev1.Pod
	added    Additions
	warnings []string
}

func (d *draft) warn(format string, args ...any) {
	d.warnings = append(d.warnings, fmt.Sprintf(format, args...))
}

// choose adds a node selector unless the author, or an earlier step, chose among the values of that label. It reports whether the
// pod now goes by the value, as far as that can be told without a node.
func (d *draft) choose(key, value string) (agrees bool) {
	if own, found := d.pod.Spec.NodeSelector[key]; found {
		return own == value
	}
	if earlier, found := d.added.NodeSelector[key]; found {
		return earlier == value
	}
	if mentioned, agrees := chosenByAffinity(d.pod, key, value); mentioned {
		return agrees
	}
	if d.added.NodeSelector == nil {
		d.added.NodeSelector = map[string]string{}
	}
	d.added.NodeSelector[key] = value
	return true
}

// chosenByAffinity tells whether the pod's required node affinity speaks of a label, and if so whether it names the value.
func chosenByAffinity(pod *corev1.Pod, key, value string) (mentioned, agrees bool) {
	for _, term := range requiredTerms(pod) {
		for _, e := range term.MatchExpressions {
			if e.Key == key {
				mentioned = true
				agrees = agrees || e.Operator == corev1.NodeSelectorOpIn && slices.Contains(e.Values, value)
			}
		}
	}
	return mentioned, agrees
}

// tolerate adds a toleration unless one that is at least as wide is there.
func (d *draft) tolerate(wanted corev1.Toleration) {
	covers := func(t corev1.Toleration) bool { return covers(t, wanted) }
	if !slices.ContainsFunc(d.pod.Spec.Tolerations, covers) && !slices.ContainsFunc(d.added.Tolerations, covers) {
		d.added.Tolerations = append(d.added.Tolerations, wanted)
	}
}

// covers tells whether every taint that b tolerates is tolerated by a, for however long. Comparing operators cover nothing but
// themselves.
func covers(a, b corev1.Toleration) bool {
	exists := a.Operator == corev1.TolerationOpExists
	switch {
	case a.Effect != "" && a.Effect != b.Effect, a.Key != b.Key && (a.Key != "" || !exists):
		return false
	case exists:
		return true
	default:
		return operatorOf(a) == operatorOf(b) && a.Value == b.Value
	}
}

func operatorOf(t corev1.Toleration) corev1.TolerationOperator {
	if t.Operator == "" {
		return corev1.TolerationOpEqual
	}
	return t.Operator
}

func sortedKeys(labels map[string]string) []string { return slices.Sorted(maps.Keys(labels)) }
