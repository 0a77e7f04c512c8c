package planners

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/test/verify"
)

// check returns what is wrong with a plan of ours.
func check(s *plan.Snapshot, made *plan.Plan) []string {
	var faults []string
	for _, err := range verify.Plan(s, made) {
		faults = append(faults, err.Error())
	}
	return faults
}

// checkPlaced judges a peer's plan as if the pods that it leaves had never been there: it gives no reasons for them.
func checkPlaced(s *plan.Snapshot, made *plan.Plan) []string {
	left := map[*corev1.Pod]bool{}
	for _, l := range made.Left {
		left[l.Pod] = true
	}
	rest, placed := *s, *made
	rest.Pods = slices.DeleteFunc(slices.Clone(s.Pods), func(pod *corev1.Pod) bool { return left[pod] })
	placed.Left = nil
	return check(&rest, &placed)
}
