package bootstrap

import (
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/cloudinit"
)

// keys are the public keys of the group, those of the spec first.
func (s Sources) keys(ctx context.Context, group *v1alpha1.NodeGroup) ([]string, field.ErrorList, error) {
	var keys []string
	var faults field.ErrorList
	for i, line := range group.Spec.SSHPublicKeys {
		if err := cloudinit.CheckKey(line); err != nil {
			faults = append(faults, unusable(fmt.Sprintf("spec.sshPublicKeys[%d]", i), err.Error()))
			continue
		}
		keys = append(keys, line)
	}
	if reference := group.Spec.SSHKeySecretRef; reference != nil {
		more, wrong, err := s.secret(ctx, group.Namespace, reference)
		if err != nil {
			return nil, nil, err
		}
		keys, faults = append(keys, more...), append(faults, wrong...)
	}
	return keys, faults, nil
}

// secret reads the public keys out of their Secret. What is wrong with them is told without a word of what is in there.
func (s Sources) secret(ctx context.Context, namespace string, reference *v1alpha1.SSHKeySecretReference) ([]string, field.ErrorList, error) {
	const path = "spec.sshKeySecretRef"
	var object corev1.Secret
	name := client.ObjectKey{Namespace: namespace, Name: reference.Name}
	if fault, err := s.get(ctx, "Secret", name, &object, path); fault != nil || err != nil {
		return nil, fault, err
	}
	var keys []string
	var faults field.ErrorList
	for i, key := range reference.Keys {
		at := fmt.Sprintf("%s.keys[%d]", path, i)
		lines, err := cloudinit.ReadKeys(string(object.Data[key]))
		switch {
		case err != nil:
			faults = append(faults, unusable(at, fmt.Sprintf("key %s of Secret %s: %v", key, name, err)))
		case len(lines) == 0:
			faults = append(faults, unusable(at, lacks("Secret", name, key, slices.Sorted(maps.Keys(object.Data)))))
		}
		keys = append(keys, lines...)
	}
	return keys, faults, nil
}
