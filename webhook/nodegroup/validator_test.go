package nodegroup_test

import (
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/webhook/nodegroup"
)

func TestCreateIsRefusedAsInvalidWithWarnings(t *testing.T) {
	warnings, err := nodegroup.Validator{}.ValidateCreate(t.Context(), sound(size(0, 0), offering("small")))
	if !apierrors.IsInvalid(err) {
		t.Errorf("ValidateCreate = %v, want the error of an invalid object", err)
	}
	if len(warnings) != 1 {
		t.Errorf("warnings %q, want one", warnings)
	}
	if _, err := (nodegroup.Validator{}).ValidateCreate(t.Context(), sound()); err != nil {
		t.Errorf("a sound group is refused: %v", err)
	}
}

func TestUpdatesThatMustPassDoPassWhateverIsWrong(t *testing.T) {
	faulty := sound(offering("small"), label("kubernetes.io/a", "b"))
	now, five := metav1.NewTime(time.Unix(1000, 0)), int32(5)
	cases := map[string]struct {
		change  func(*v1alpha1.NodeGroup)
		refused bool
	}{
		"a finalizer is removed":            {func(g *v1alpha1.NodeGroup) { g.Finalizers = nil }, false},
		"an annotation is added":            {func(g *v1alpha1.NodeGroup) { g.Annotations = map[string]string{"a": "b"} }, false},
		"the status changes":                {func(g *v1alpha1.NodeGroup) { g.Status.CurrentNodes = 3 }, false},
		"the group is resized":              {func(g *v1alpha1.NodeGroup) { g.Spec.DesiredNodes = &five }, false},
		"the group is being deleted":        {func(g *v1alpha1.NodeGroup) { g.DeletionTimestamp = &now; g.Spec.MaxNodes = 7 }, false},
		"the fault stays in a new spec":     {func(g *v1alpha1.NodeGroup) { g.Spec.MaxNodes = 7 }, true},
		"the fault stays and it is resized": {func(g *v1alpha1.NodeGroup) { g.Spec.MaxNodes = 7; g.Spec.DesiredNodes = &five }, true},
		"the fault is mended": {func(g *v1alpha1.NodeGroup) {
			g.Spec.OfferingIDs = nil
			delete(g.Spec.Labels, "kubernetes.io/a")
		}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			before := faulty.DeepCopy()
			before.Finalizers = []string{v1alpha1.FinalizerNodeGroup}
			after := before.DeepCopy()
			c.change(after)
			_, err := nodegroup.Validator{}.ValidateUpdate(t.Context(), before, after)
			if refused := err != nil; refused != c.refused {
				t.Errorf("ValidateUpdate = %v, want refused = %v", err, c.refused)
			}
		})
	}
}

func TestDeletionIsAllowed(t *testing.T) {
	if _, err := (nodegroup.Validator{}).ValidateDelete(t.Context(), sound(size(9, 1))); err != nil {
		t.Errorf("ValidateDelete = %v, want nil", err)
	}
}
