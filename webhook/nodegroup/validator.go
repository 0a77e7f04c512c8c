package nodegroup

import (
	"context"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Validator answers admission requests about NodeGroups. Its zero value is ready to use.
type Validator struct{}

var _ admission.Validator[*v1alpha1.NodeGroup] = Validator{}

// ValidateCreate refuses a group with faults.
func (Validator) ValidateCreate(_ context.Context, group *v1alpha1.NodeGroup) (admission.Warnings, error) {
	return verdict(group)
}

// ValidateUpdate refuses an update that leaves a group with faults, unless nothing was changed that the user wants of the
// group: its finalizer must come off and its size must follow the pods even if an earlier version let a fault pass.
func (Validator) ValidateUpdate(_ context.Context, before, after *v1alpha1.NodeGroup) (admission.Warnings, error) {
	if !after.DeletionTimestamp.IsZero() || sameWish(before, after) {
		return nil, nil
	}
	return verdict(after)
}

// ValidateDelete allows every deletion.
func (Validator) ValidateDelete(context.Context, *v1alpha1.NodeGroup) (admission.Warnings, error) {
	return nil, nil
}

func verdict(group *v1alpha1.NodeGroup) (admission.Warnings, error) {
	warnings, faults := Validate(group)
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
