package nodegroup

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// readTimeout is well below the three seconds after which the API server gives an answer up.
const readTimeout = 1500 * time.Millisecond

// checkReference rehearses the template that the group refers to. What cannot be read is a warning and not a fault: the
// template may be created after the group, and is checked again for every machine.
func (v Validator) checkReference(ctx context.Context, group *v1alpha1.NodeGroup) (warnings []string, faults field.ErrorList) {
	reference := group.Spec.CloudInitTemplateRef
	if reference == nil || v.References == nil {
		return nil, nil
	}
	path := field.NewPath("spec", "cloudInitTemplateRef")
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	var object corev1.ConfigMap
	name := client.ObjectKey{Namespace: group.Namespace, Name: reference.Name}
	switch err := v.References.Get(ctx, name, &object); {
	case apierrors.IsNotFound(err):
		return []string{fmt.Sprintf("%s: ConfigMap %s does not exist yet: no machine is bought until it does", path, name)}, nil
	case err != nil:
		return []string{fmt.Sprintf("%s: ConfigMap %s cannot be read now, so the template is not checked: %v", path, name, err)}, nil
	}
	template, found := object.Data[reference.Key]
	switch {
	case !found:
		return nil, field.ErrorList{field.Invalid(path.Child("key"), reference.Key, fmt.Sprintf("ConfigMap %s has no such key: add it, or use one of its keys (%s)",
			name, strings.Join(slices.Sorted(maps.Keys(object.Data)), ", ")))}
	case strings.TrimSpace(template) == "":
		return nil, field.ErrorList{field.Invalid(path.Child("key"), reference.Key, fmt.Sprintf("the key is empty in ConfigMap %s: fill it", name))}
	}
	return rehearse(&group.Spec, template, path)
}
