package rules

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// doubts warns of what an allowed eviction costs. A pod that a PodDisruptionBudget matches has been thought about.
func doubts(s *Snapshot) []string {
	if len(s.Budgets) > 0 || !Ready(s.Pod) {
		return nil
	}
	if metav1.GetControllerOfNoCopy(s.Pod) == nil {
		return []string{fmt.Sprintf("pod %s has no controller: nobody makes it anew", s.Pod.Name)}
	}
	if wanted, name := s.wanted(); wanted == 1 && s.Owner.Crew.OthersReady == 0 {
		return []string{fmt.Sprintf("pod %s is the only replica of %s, which is down until it has been replaced", s.Pod.Name, name)}
	}
	return nil
}
