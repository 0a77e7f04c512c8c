package nodegroup

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/webhook/market"
)

// Validator answers admission requests about NodeGroups. Its zero value is ready to use, and looks at the group alone.
type Validator struct {
	// Cached finds NodeGroups, VPSieNodes and DaemonSets, all from memory; nil compares the group with none of them.
	Cached client.Reader
	// Market is what the cloud sells; nil compares the group with nothing of it.
	Market *market.Watcher
	// Capabilities are those of the cloud; nil means that they are not known.
	Capabilities cloud.Capabilities

	// References gets the ConfigMaps and Secrets that groups refer to, and reads nothing else. It should not be a cache, which would read those
	// of all namespaces.
	References client.Reader
}

var _ admission.Validator[*v1alpha1.NodeGroup] = Validator{}

// ValidateCreate refuses a group with faults.
func (v Validator) ValidateCreate(ctx context.Context, group *v1alpha1.NodeGroup) (admission.Warnings, error) {
	return v.verdict(ctx, nil, group)
}

// ValidateUpdate refuses an update that leaves a group with faults, unless nothing was changed that the user wants of the
// group: its finalizer must come off and its size must follow the pods even if an earlier version let a fault pass.
func (v Validator) ValidateUpdate(ctx context.Context, before, after *v1alpha1.NodeGroup) (admission.Warnings, error) {
	if !after.DeletionTimestamp.IsZero() || sameWish(before, after) {
		return nil, nil
	}
	return v.verdict(ctx, before, after)
}

// ValidateDelete allows every deletion.
func (Validator) ValidateDelete(context.Context, *v1alpha1.NodeGroup) (admission.Warnings, error) {
	return nil, nil
}

// verdict looks at the group alone, at the template that it refers to and at its surroundings.
func (v Validator) verdict(ctx context.Context, before, group *v1alpha1.NodeGroup) (admission.Warnings, error) {
	warnings, faults := Validate(group)
	more, wrong := v.checkReference(ctx, group)
	warnings, faults = append(warnings, more...), append(faults, wrong...)
	more, wrong = v.checkSecret(ctx, group)
	warnings, faults = append(warnings, more...), append(faults, wrong...)
	surroundings, unread := v.gather(ctx, before, group)
	more, wrong = Compare(group, surroundings)
	warnings, faults = slices.Concat(warnings, unread, more), append(faults, wrong...)
	if len(wrong) > 0 {
		v.Market.Doubt()
	}
	if len(faults) > 0 {
		kind := v1alpha1.GroupVersion.WithKind("NodeGroup").GroupKind()
		return shorten(warnings), apierrors.NewInvalid(kind, group.Name, faults)
	}
	return shorten(warnings), nil
}

// warningsShown is how many warnings one answer carries.
const warningsShown = 6

func shorten(warnings []string) []string {
	if len(warnings) <= warningsShown {
		return warnings
	}
	return append(warnings[:warningsShown-1:warningsShown-1], fmt.Sprintf("and %d more warnings", len(warnings)-warningsShown+1))
}

// sameWish reports whether the two specs differ in nothing but desiredNodes, which the autoscaler sets itself.
func sameWish(before, after *v1alpha1.NodeGroup) bool {
	resized := before.Spec
	resized.DesiredNodes = after.Spec.DesiredNodes
	return equality.Semantic.DeepEqual(resized, after.Spec)
}
