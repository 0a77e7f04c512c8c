package rules

import "fmt"

// LastReady holds the only ready pod of a controller that wants several, if no PodDisruptionBudget speaks for it. With a budget, its
// author has said how many must stay, and the API server sees to it.
const LastReady Reason = "LastReadyReplica"

func lastReady(s *Snapshot) *Refusal {
	if len(s.Budgets) > 0 || !Ready(s.Pod) || s.Owner.Crew.OthersReady > 0 {
		return nil
	}
	wanted, name := s.wanted()
	if wanted < 2 {
		return nil
	}
	return &Refusal{LastReady, fmt.Sprintf("of %d replicas of %s only pod %s is ready: wait until another is, or make a PodDisruptionBudget "+
		"that says how many must stay", wanted, name, s.Pod.Name)}
}
