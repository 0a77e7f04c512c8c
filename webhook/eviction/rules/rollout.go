package rules

import (
	"fmt"
	"time"
)

// MidRollout holds the pods of a Deployment or StatefulSet that is being updated: its own controller takes down as many pods as it
// may already.
const MidRollout Reason = "MidRollout"

// stallAfter is how long a rollout may go without any change of its pods before it counts as stalled, where its controller does
// not tell. It is what a Deployment takes for its progress deadline by default.
const stallAfter = 10 * time.Minute

// rollout is how far an update is. The zero value is one that is over, or stalled by the word of its controller.
type rollout struct {
	running bool
	// unseen says that the controller has not looked at the latest specification.
	unseen bool
	// timed says that the controller itself ends the rollout when it takes too long, so that nobody else needs to.
	timed bool
	// wanted pods are to be updated; updated and available ones are.
	wanted, updated, available int32
}

// midRollout lets the pods of a lost Node go: they count as missing already.
func midRollout(s *Snapshot) *Refusal {
	if s.NodeLost {
		return nil
	}
	var r rollout
	switch {
	case s.Owner.Deployment != nil:
		r = ofDeployment(s.Owner.Deployment)
	case s.Owner.StatefulSet != nil:
		r = ofStatefulSet(s.Owner.StatefulSet)
	}
	_, name := s.wanted()
	switch {
	case r.unseen:
		return &Refusal{MidRollout, fmt.Sprintf("%s was changed and its controller has not taken that up: wait for it, and see that "+
			"kube-controller-manager runs", name)}
	case !r.running, !r.timed && s.Now.Sub(s.Owner.Crew.Changed) >= stallAfter:
		return nil
	}
	return &Refusal{MidRollout, fmt.Sprintf("%s is in the middle of a rollout, %d of %d pods updated, %d available: wait until it has "+
		"finished; one that stalls holds nothing", name, r.updated, r.wanted, r.available)}
}
