package pod

import (
	"errors"
	"fmt"
	"io"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Rule says what the pods of a class of workloads get, in the namespaces that ask for it.
type Rule struct {
	// Name is for people; no two rules share one.
	Name string `json:"name"`
	// MatchLabels are labels that a pod must have, all of them. None at all matches every pod.
	MatchLabels map[string]string `json:"matchLabels,omitempty"`
	// NodeGroup is treated like the pod's own label autoscaler.vpsie.com/node-group, which comes first; empty means none.
	NodeGroup string `json:"nodeGroup,omitempty"`
	// NodeSelector are labels of the nodes to run on.
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	// Tolerations are appended.
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`
}

// matches tells whether the rule is about a pod.
func (r *Rule) matches(pod *corev1.Pod) bool {
	for key, value := range r.MatchLabels {
		if have, found := pod.Labels[key]; !found || have != value {
			return false
		}
	}
	return true
}

// maxRules bounds a rules file, in bytes.
const maxRules = 1 << 20

// ReadRules reads a YAML document with one list, "rules". Faults come all at once, each with its path; a field that no rule has is
// one of them.
func ReadRules(from io.Reader) ([]Rule, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxRules+1))
	if err != nil {
		return nil, fmt.Errorf("read the pod rules: %w", err)
	}
	if len(data) > maxRules {
		return nil, fmt.Errorf("read the pod rules: longer than %d bytes: have fewer rules", maxRules)
	}
	var document struct {
		Rules []Rule `json:"rules"`
	}
	if err := yaml.UnmarshalStrict(data, &document); err != nil {
		return nil, fmt.Errorf("read the pod rules: %w", err)
	}
	if faults := checkRules(document.Rules); len(faults) > 0 {
		return nil, fmt.Errorf("read the pod rules: %w", errors.Join(errorsOf(faults)...))
	}
	return document.Rules, nil
}

func errorsOf(faults field.ErrorList) []error {
	list := make([]error, len(faults))
	for i, fault := range faults {
		list[i] = fault
	}
	return list
}

func checkRules(rules []Rule) field.ErrorList {
	var faults field.ErrorList
	seen := map[string]bool{}
	for i := range rules {
		rule, path := &rules[i], field.NewPath("rules").Index(i)
		switch {
		case rule.Name == "":
			faults = append(faults, field.Required(path.Child("name"), "give the rule a name, which warnings can tell"))
		case seen[rule.Name]:
			faults = append(faults, field.Duplicate(path.Child("name"), rule.Name))
		}
		seen[rule.Name] = true
		if rule.NodeGroup == "" && len(rule.NodeSelector) == 0 && len(rule.Tolerations) == 0 {
			faults = append(faults, field.Required(path, "adds nothing: set nodeGroup, nodeSelector or tolerations"))
		}
		faults = append(faults, checkLabels(path.Child("matchLabels"), rule.MatchLabels)...)
		faults = append(faults, checkLabels(path.Child("nodeSelector"), rule.NodeSelector)...)
		if rule.NodeGroup != "" {
			faults = append(faults, invalid(path.Child("nodeGroup"), rule.NodeGroup, validation.IsDNS1123Subdomain(rule.NodeGroup))...)
		}
		for j, toleration := range rule.Tolerations {
			faults = append(faults, checkToleration(path.Child("tolerations").Index(j), toleration)...)
		}
	}
	return faults
}

func checkLabels(path *field.Path, labels map[string]string) field.ErrorList {
	var faults field.ErrorList
	for _, key := range sortedKeys(labels) {
		faults = append(faults, invalid(path, key, validation.IsQualifiedName(key))...)
		faults = append(faults, invalid(path.Key(key), labels[key], validation.IsValidLabelValue(labels[key]))...)
	}
	return faults
}

func invalid(path *field.Path, value any, problems []string) field.ErrorList {
	var faults field.ErrorList
	for _, problem := range problems {
		faults = append(faults, field.Invalid(path, value, problem))
	}
	return faults
}

var effects = []corev1.TaintEffect{"", corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute}

// checkToleration refuses what the API server would refuse, so that a rule cannot keep every pod of a namespace from being created.
func checkToleration(path *field.Path, t corev1.Toleration) field.ErrorList {
	var faults field.ErrorList
	if t.Key != "" {
		faults = invalid(path.Child("key"), t.Key, validation.IsQualifiedName(t.Key))
	}
	if t.Key == v1alpha1.TaintUninitialized {
		faults = append(faults, field.Forbidden(path.Child("key"), "pods must not reach a node before its labels and taints are in place: drop the toleration"))
	}
	if !slices.Contains(effects, t.Effect) {
		faults = append(faults, field.NotSupported(path.Child("effect"), t.Effect, effects))
	}
	if t.TolerationSeconds != nil && t.Effect != corev1.TaintEffectNoExecute {
		faults = append(faults, field.Invalid(path.Child("effect"), t.Effect, "want NoExecute beside tolerationSeconds"))
	}
	switch operatorOf(t) {
	case corev1.TolerationOpExists:
		if t.Value != "" {
			faults = append(faults, field.Invalid(path.Child("value"), t.Value, "want none beside operator Exists"))
		}
	case corev1.TolerationOpEqual:
		if t.Key == "" {
			faults = append(faults, field.Invalid(path.Child("operator"), t.Operator, "want Exists where key is empty"))
		}
		faults = append(faults, invalid(path.Child("value"), t.Value, validation.IsValidLabelValue(t.Value))...)
	default:
		faults = append(faults, field.NotSupported(path.Child("operator"), t.Operator, []corev1.TolerationOperator{corev1.TolerationOpExists, corev1.TolerationOpEqual}))
	}
	return faults
}
