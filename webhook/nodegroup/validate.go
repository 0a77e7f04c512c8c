// Package nodegroup validates NodeGroups beyond what their schema can say.
//
// The schema and its CEL rules guard the numbers and the identifiers, also while no webhook runs. This package adds what they
// cannot express, and repeats what a user sees together with it, so that one answer names every fault at once.
package nodegroup

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Validate returns everything that is wrong with the group, each fault with its field, the value found there and the remedy,
// and warnings about what is legal but perhaps not meant. It looks at the group alone, not at what the group refers to.
func Validate(group *v1alpha1.NodeGroup) (warnings []string, faults field.ErrorList) {
	spec := field.NewPath("spec")
	faults = append(faults, checkName(group.Name, field.NewPath("metadata", "name"))...)
	faults = append(faults, checkSize(&group.Spec, spec)...)
	faults = append(faults, checkOfferings(group.Spec.OfferingIDs, spec.Child("offeringIDs"))...)
	faults = append(faults, checkPreferred(&group.Spec, spec.Child("preferredOfferingID"))...)
	faults = append(faults, checkLabels(group.Spec.Labels, spec.Child("labels"))...)
	faults = append(faults, checkTaints(group.Spec.Taints, spec.Child("taints"))...)
	faults = append(faults, checkInputs(&group.Spec, spec)...)
	warnings = doubts(&group.Spec)
	if group.Spec.CloudInitTemplateRef == nil {
		more, wrong := rehearse(&group.Spec, group.Spec.CloudInitTemplate, spec.Child("cloudInitTemplate"))
		warnings, faults = append(warnings, more...), append(faults, wrong...)
	}
	return warnings, faults
}

func checkName(name string, path *field.Path) field.ErrorList {
	if len(name) <= v1alpha1.MaxNodeGroupName {
		return nil
	}
	return field.ErrorList{field.Invalid(path, name,
		fmt.Sprintf("metadata.name must have at most %d characters: it becomes part of the host name of every machine", v1alpha1.MaxNodeGroupName))}
}

func checkSize(spec *v1alpha1.NodeGroupSpec, path *field.Path) field.ErrorList {
	if spec.MinNodes <= spec.MaxNodes {
		return nil
	}
	return field.ErrorList{field.Invalid(path.Child("minNodes"), spec.MinNodes, "minNodes must not be above maxNodes")}
}

func checkOfferings(ids []string, path *field.Path) field.ErrorList {
	var faults field.ErrorList
	seen := map[string]int{}
	for i, id := range ids {
		if first, twice := seen[id]; twice {
			faults = append(faults, duplicate(path.Index(i), id, path.Index(first)))
			continue
		}
		seen[id] = i
	}
	return faults
}

func checkPreferred(spec *v1alpha1.NodeGroupSpec, path *field.Path) field.ErrorList {
	preferred, allowed := spec.PreferredOfferingID, spec.OfferingIDs
	if preferred == "" || len(allowed) == 0 || slices.Contains(allowed, preferred) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, preferred,
		"preferredOfferingID must be one of offeringIDs: add it there, or prefer one of them")}
}

func checkLabels(labels map[string]string, path *field.Path) field.ErrorList {
	var faults field.ErrorList
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		at := path.Key(key)
		faults = append(faults, checkKey(key, at)...)
		faults = append(faults, checkOwner(key, at, ownerOfLabel)...)
		faults = append(faults, checkValue(labels[key], at)...)
	}
	return faults
}

func checkTaints(taints []corev1.Taint, path *field.Path) field.ErrorList {
	type identity struct {
		key    string
		effect corev1.TaintEffect
	}
	var faults field.ErrorList
	seen := map[identity]int{}
	for i, taint := range taints {
		at := path.Index(i)
		faults = append(faults, checkKey(taint.Key, at.Child("key"))...)
		faults = append(faults, checkOwner(taint.Key, at.Child("key"), ownerOfTaint)...)
		faults = append(faults, checkValue(taint.Value, at.Child("value"))...)
		faults = append(faults, checkEffect(taint.Effect, at.Child("effect"))...)
		this := identity{taint.Key, taint.Effect}
		if first, twice := seen[this]; twice {
			faults = append(faults, duplicate(at, taint.Key+":"+string(taint.Effect), path.Index(first)))
			continue
		}
		seen[this] = i
	}
	return faults
}

func checkKey(key string, path *field.Path) field.ErrorList {
	return invalid(path, key, validation.IsQualifiedName(key))
}

func checkValue(value string, path *field.Path) field.ErrorList {
	return invalid(path, value, validation.IsValidLabelValue(value))
}

func checkEffect(effect corev1.TaintEffect, path *field.Path) field.ErrorList {
	effects := []corev1.TaintEffect{corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute}
	if slices.Contains(effects, effect) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path, effect, effects)}
}

// checkOwner refuses a key that somebody else sets, as told by the owner function.
func checkOwner(key string, path *field.Path, owner func(key string) string) field.ErrorList {
	if by := owner(key); by != "" {
		return field.ErrorList{field.Invalid(path, key, fmt.Sprintf("%s: choose another key", by))}
	}
	return nil
}

// invalid makes one fault of the messages that Kubernetes has about a value.
func invalid(path *field.Path, value string, messages []string) field.ErrorList {
	if len(messages) == 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(path, value, strings.Join(messages, "; "))}
}

func duplicate(path *field.Path, value string, first *field.Path) *field.Error {
	fault := field.Duplicate(path, value)
	fault.Detail = fmt.Sprintf("it is the same as %s: remove one of them", first)
	return fault
}
