package nodegroup

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

// checkSecret looks at the public keys in the Secret that the group refers to. The webhook has no right to Secrets of its own; one that
// it is not let read is checked when a machine is bought, and no message here repeats what a Secret holds.
func (v Validator) checkSecret(ctx context.Context, group *v1alpha1.NodeGroup) (warnings []string, faults field.ErrorList) {
	reference := group.Spec.SSHKeySecretRef
	if reference == nil || v.References == nil {
		return nil, nil
	}
	path := field.NewPath("spec", "sshKeySecretRef")
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	var object corev1.Secret
	name := client.ObjectKey{Namespace: group.Namespace, Name: reference.Name}
	switch err := v.References.Get(ctx, name, &object); {
	case apierrors.IsForbidden(err):
		return nil, nil
	case apierrors.IsNotFound(err):
		return []string{fmt.Sprintf("%s: Secret %s does not exist yet: no machine is bought until it does", path, name)}, nil
	case err != nil:
		return []string{fmt.Sprintf("%s: Secret %s cannot be read now, so its keys are not checked", path, name)}, nil
	}
	for i, key := range reference.Keys {
		if problem := publicKeysFault(object.Data, key); problem != "" {
			faults = append(faults, field.Invalid(path.Child("keys").Index(i), key, fmt.Sprintf("Secret %s: %s", name, problem)))
		}
	}
	return nil, faults
}

// publicKeysFault says what is wrong with a key of a Secret that should hold public keys; empty when nothing is.
func publicKeysFault(data map[string][]byte, key string) string {
	content, found := data[key]
	if !found {
		return fmt.Sprintf("it has no such key: add it, or use one of its keys (%s)", strings.Join(slices.Sorted(maps.Keys(data)), ", "))
	}
	keys, err := cloudinit.ReadKeys(string(content))
	switch {
	case err != nil:
		return err.Error()
	case len(keys) == 0:
		return "the key is empty: fill it"
	}
	return ""
}
