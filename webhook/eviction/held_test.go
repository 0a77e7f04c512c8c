package eviction_test

import (
	"strings"
	"testing"
	"time"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

func TestPodsThatHoldUpADrainAreNamed(t *testing.T) {
	precious := replica("precious")
	precious.Annotations = map[string]string{v1alpha1.AnnotationDoNotDisrupt: "true"}
	elsewhere := precious.DeepCopy()
	elsewhere.Name, elsewhere.Spec.NodeName = "elsewhere", "m"
	finished := precious.DeepCopy()
	finished.Name, finished.Status.Phase = "finished", "Succeeded"
	guarded := podOf("ReplicaSet", "db-1", "guarded")
	guarded.Labels = map[string]string{"app": "db"}
	other := podOf("ReplicaSet", "db-1", "other")
	other.Spec.NodeName = "m"
	budget := &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: build.Namespace, Name: "db"},
		Spec:       policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "db"}}},
	}
	w := newWorld(1, precious, elsewhere, finished, guarded, other, replica("free"), budget)

	held := w.index.Held("n", time.Now())

	want := []string{"/guarded: PodDisruptionBudget db allows no disruption now", "/precious: pod precious has the annotation"}
	if len(held) != len(want) {
		t.Fatalf("held %q, want %q", held, want)
	}
	for i := range want {
		if !strings.Contains(held[i], want[i]) {
			t.Errorf("held %q, want %q in it", held[i], want[i])
		}
	}
	budget = budget.DeepCopy()
	budget.Status.DisruptionsAllowed = 1
	w.index.Put(budget)
	if held := w.index.Held("n", time.Now()); len(held) != 1 {
		t.Errorf("held %q after the budget allows a disruption, want one", held)
	}
}
