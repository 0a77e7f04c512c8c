package rules

import (
	"fmt"
	"slices"
	"strings"
)

// SeveralBudgets holds a pod that several PodDisruptionBudgets match: the API server answers its eviction with an internal error,
// on which a drain gives up.
const SeveralBudgets Reason = "SeveralBudgets"

func severalBudgets(s *Snapshot) *Refusal {
	if len(s.Budgets) < 2 {
		return nil
	}
	var names []string
	for _, budget := range s.Budgets {
		names = append(names, budget.Name)
	}
	slices.Sort(names)
	return &Refusal{SeveralBudgets, fmt.Sprintf("%d PodDisruptionBudgets match pod %s, and the API server evicts no pod with more than "+
		"one: delete all but one of %s, or narrow their spec.selector", len(names), s.Pod.Name, listed(names))}
}

// maxListed bounds how many names a message repeats.
const maxListed = 5

func listed(names []string) string {
	if more := len(names) - maxListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), more)
	}
	return strings.Join(names, ", ")
}
