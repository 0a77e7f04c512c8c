package bootstrap

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/cloudinit"
)

// Sources reads what NodeGroups give their machines.
type Sources struct {
	// Reader gets ConfigMaps and Secrets by name, and reads nothing else. It should not be a cache: a cache would list and keep
	// those of all namespaces.
	Reader client.Reader
}

// Resolve reads and checks the inputs of a group, before anything is made for a machine. What the user has to mend is an
// *InvalidError that names every fault; any other error is that of a call that may succeed later.
func (s Sources) Resolve(ctx context.Context, group *v1alpha1.NodeGroup) (Inputs, error) {
	inputs := Inputs{TemplateField: "spec.cloudInitTemplate", Template: group.Spec.CloudInitTemplate}
	var faults field.ErrorList
	if reference := group.Spec.CloudInitTemplateRef; reference != nil {
		inputs.TemplateField = "spec.cloudInitTemplateRef"
		text, missing, err := s.template(ctx, group.Namespace, reference)
		if err != nil {
			return Inputs{}, err
		}
		inputs.Template, faults = text, append(faults, missing...)
	}
	inputs.Variables = make(map[string]string, len(group.Spec.CloudInitVariables))
	for name, value := range group.Spec.CloudInitVariables {
		inputs.Variables[name] = string(value)
	}
	keys, wrong, err := s.keys(ctx, group)
	if err != nil {
		return Inputs{}, err
	}
	inputs.SSHPublicKeys, faults = cloudinit.DistinctKeys(keys), append(faults, wrong...)
	if len(faults) == 0 {
		if _, err := inputs.source().Rehearse(); err != nil {
			faults = inputs.invalid(err).Faults
		}
	}
	if len(faults) > 0 {
		return Inputs{}, &InvalidError{Faults: faults}
	}
	return inputs, nil
}

// template reads the template out of its ConfigMap.
func (s Sources) template(ctx context.Context, namespace string, reference *v1alpha1.ConfigMapKeyReference) (string, field.ErrorList, error) {
	const path = "spec.cloudInitTemplateRef"
	var object corev1.ConfigMap
	key := client.ObjectKey{Namespace: namespace, Name: reference.Name}
	if fault, err := s.get(ctx, "ConfigMap", key, &object, path); fault != nil || err != nil {
		return "", fault, err
	}
	text, found := object.Data[reference.Key]
	if !found || strings.TrimSpace(text) == "" {
		return "", field.ErrorList{unusable(path+".key", lacks("ConfigMap", key, reference.Key, slices.Sorted(maps.Keys(object.Data))))}, nil
	}
	return text, nil, nil
}

// get reads an object that a field of the group names. That it is not there, or not for the controller, is the user's to mend.
func (s Sources) get(ctx context.Context, kind string, name client.ObjectKey, object client.Object, path string) (field.ErrorList, error) {
	err := s.Reader.Get(ctx, name, object)
	switch {
	case err == nil:
		return nil, nil
	case apierrors.IsNotFound(err):
		return field.ErrorList{unusable(path, fmt.Sprintf("%s %s does not exist: create it, or name another", kind, name))}, nil
	case apierrors.IsForbidden(err):
		return field.ErrorList{unusable(path, fmt.Sprintf("%s %s may not be read by the controller: let its service account get it, by a Role and a RoleBinding", kind, name))}, nil
	}
	return nil, fmt.Errorf("read %s %s for %s: %w", kind, name, path, err)
}

// lacks says that an object has nothing under a key, and what it has.
func lacks(kind string, name client.ObjectKey, key string, present []string) string {
	if slices.Contains(present, key) {
		return fmt.Sprintf("key %s of %s %s is empty: fill it", key, kind, name)
	}
	return fmt.Sprintf("%s %s has no key %s: add it, or use one of its keys (%s)", kind, name, key, strings.Join(present, ", "))
}
