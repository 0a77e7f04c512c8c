package budget

import (
	"fmt"

	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const (
	minAvailable   = "spec.minAvailable"
	maxUnavailable = "spec.maxUnavailable"
)

// neverByItself finds budgets that allow no disruption however many pods there are.
func neverByItself(s *Situation) string {
	field, value := wish(s.Budget)
	if value == nil || !holdsAll(field, value) {
		return ""
	}
	return fmt.Sprintf("%s: %s holds every drain for ever: let at least one pod go", field, value)
}

func holdsAll(field string, value *intstr.IntOrString) bool {
	switch {
	case field == maxUnavailable:
		// A share is rounded up, so that any but 0 % lets one pod go.
		unavailable, err := intstr.GetScaledValueFromIntOrPercent(value, 1, true)
		return err == nil && unavailable <= 0
	case value.Type == intstr.String:
		// A share of 99 % of one hundred pods lets one go, and one of 100 % none, of however many.
		available, err := intstr.GetScaledValueFromIntOrPercent(value, 100, true)
		return err == nil && available >= 100
	}
	return false
}

// neverAtThisSize finds budgets that need as many pods as their controllers want.
func neverAtThisSize(s *Situation) string {
	field, value := wish(s.Budget)
	if value == nil || field != minAvailable || holdsAll(field, value) {
		return ""
	}
	total := wanted(s)
	// The disruption controller rounds a share of the pods up as well.
	needed, err := intstr.GetScaledValueFromIntOrPercent(value, total, true)
	if err != nil || total == 0 || needed < total {
		return ""
	}
	return fmt.Sprintf("%s: %s of %s holds every drain for ever: add replicas or lower it", field, value, sized(s, total))
}

// wanted is how many pods there shall be: as many as the controllers want, and the pods that have none of them.
func wanted(s *Situation) int {
	total := 0
	for _, owner := range s.Owners {
		total += owner.Replicas
	}
	return total + s.Strays
}

func sized(s *Situation, total int) string {
	pods := fmt.Sprintf("%d pods", total)
	if total == 1 {
		pods = "1 pod"
	}
	if len(s.Owners) == 1 && s.Strays == 0 {
		return fmt.Sprintf("%s of %s %s", pods, s.Owners[0].Kind, s.Owners[0].Name)
	}
	return pods
}

// wish is what a budget asks for, which is one of two; nil stands for a budget that asks for nothing.
func wish(budget *policyv1.PodDisruptionBudget) (field string, value *intstr.IntOrString) {
	if budget.Spec.MaxUnavailable != nil {
		return maxUnavailable, budget.Spec.MaxUnavailable
	}
	return minAvailable, budget.Spec.MinAvailable
}

// relative names the field of a budget that is measured against what controllers want; it is empty where pods are counted as they are.
func relative(budget *policyv1.PodDisruptionBudget) string {
	field, value := wish(budget)
	if value == nil || field == minAvailable && value.Type == intstr.Int {
		return ""
	}
	return field
}
