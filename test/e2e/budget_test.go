package e2e

import (
	"context"
	"fmt"
	"testing"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func newBudget(namespace, app string, minAvailable int) *policyv1.PodDisruptionBudget {
	available := intstr.FromInt(minAvailable)
	return &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: app},
		Spec: policyv1.PodDisruptionBudgetSpec{
			MinAvailable: &available,
			Selector:     &metav1.LabelSelector{MatchLabels: map[string]string{"app": app}},
		},
	}
}

// awaitDisruptions waits until the disruption controller has judged a budget.
func awaitDisruptions(t *testing.T, budget *policyv1.PodDisruptionBudget, want int32) {
	t.Helper()
	eventually(t, "the budget to be judged", func(ctx context.Context) error {
		if err := product.Client.Get(ctx, client.ObjectKeyFromObject(budget), budget); err != nil {
			return err
		}
		if budget.Status.ObservedGeneration != budget.Generation || budget.Status.CurrentHealthy != 1 || budget.Status.DisruptionsAllowed != want {
			return fmt.Errorf("status %+v", budget.Status)
		}
		return nil
	})
}

func setMinAvailable(t *testing.T, budget *policyv1.PodDisruptionBudget, minAvailable int) {
	t.Helper()
	patch := fmt.Appendf(nil, `{"spec":{"minAvailable":%d}}`, minAvailable)
	must(t, product.Client.Patch(t.Context(), budget, client.RawPatch("application/merge-patch+json", patch)))
}
