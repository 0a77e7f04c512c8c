package nodegroup

import (
	"context"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Validator answers admission requests about NodeGroups. Its zero value is ready to use, and checks no template that a group
// refers to.
type Validator struct {
	// ConfigMaps gets the ConfigMaps that groups refer to, and reads nothing else. It should not be a cache, which would read those
	// of all namespaces.
	ConfigMaps client.Reader
}

var _ admission.Validator[*v1alpha1.NodeGroup] = Validator{}

// ValidateCreate refuses a group with faults.
func (v Validator) ValidateCreate(ctx context.Context, group *v1alpha1.NodeGroup) (admission.Warnings, error) {
	return v.verdict(ctx, group)
}

// ValidateUpdate refuses an update that leaves a group with faults, unless nothing was changed that the user wants of the
// group: its finalizer must come off and its size must follow the pods even if an earlier version let a fault pass.
func (v Validator) ValidateUpdate(ctx context.Context, before, after *v1alpha1.NodeGroup) (admission.Warnings, error) {
	if !after.DeletionTimestamp.IsZero() || sameWish(before, after) {
		return nil, nil
	}
	return v.verdict(ctx, after)
}

// ValidateDelete allows every deletion.
func (Validator) ValidateDelete(context.Context, *v1alpha1.NodeGroup) (admission.Warnings, error) {
	return nil, nil
}

func (v Validator) verdict(ctx context.Context, group *v1alpha1.NodeGroup) (admission.Warnings, error) {
	warnings, faults := Validate(group)
	more, wrong := v.checkReference(ctx, group)
	warnings, faults = append(warnings, more...), append(faults, wrong...)
	if len(faults) > 0 {
		kind := v1alpha1.GroupVersion.WithKind("NodeGroup").GroupKind()
		return warnings, apierrors.NewInvalid(kind, group.Name, faults)
	}
	return warnings, nil
}

// sameWish reports whether the two specs differ in nothing but desiredNodes, which the autoscaler sets itself.
func sameWish(before, after *v1alpha1.NodeGroup) bool {
	resized := before.Spec
	resized.DesiredNodes = after.Spec.DesiredNodes
	return equality.Semantic.DeepEqual(resized, after.Spec)
}
