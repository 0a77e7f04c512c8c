package burst

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// A pod that is refused again is one refused pod, and its first refusal is what counts.
func TestObserverCountsEachRefusedPodOnce(t *testing.T) {
	o := &observer{known: map[types.UID]bool{}}
	o.note(build.Pod("a").Obj())
	o.note(build.Pod("b").Obj())
	if o.pods() != 2 || o.refused() != 0 || !o.firstRefusal().IsZero() {
		t.Fatalf("two new pods: %d pods, %d refused", o.pods(), o.refused())
	}
	o.note(build.Pod("a").Unschedulable().Obj())
	first := o.firstRefusal()
	o.note(build.Pod("a").Unschedulable().Obj())
	o.note(build.Pod("b").Unschedulable().Obj())
	if o.pods() != 2 || o.refused() != 2 || first.IsZero() || !o.firstRefusal().Equal(first) || o.lastRefusal().Before(first) {
		t.Errorf("two refused pods: %d pods, %d refused, from %v to %v", o.pods(), o.refused(), o.firstRefusal(), o.lastRefusal())
	}
}
