package conformance

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// freshNode is the name of the one more node that an impossible pod is tried on.
const freshNode = "one-more"

// leftReason says which nodes must refuse a pod that is left for a reason.
type leftReason struct {
	// oneMore: another node of any group and offering would not help either.
	oneMore bool
	// onlyOld: the pod might fit on a new node, but the policy gives it none.
	onlyOld bool
}

// leftReasons are the reasons that the scheduler can confirm or deny. The others lie outside of what it decides.
var leftReasons = map[plan.Reason]leftReason{
	plan.ReasonTooLarge:        {oneMore: true},
	plan.ReasonNoMatchingGroup: {oneMore: true},
	plan.ReasonHostPort:        {oneMore: true},
	plan.ReasonPodAffinity:     {oneMore: true},
	plan.ReasonPodAntiAffinity: {oneMore: true},
	plan.ReasonTopologySpread:  {oneMore: true},
	plan.ReasonVolumes:         {oneMore: true},
	plan.ReasonSoldOut:         {},
	plan.ReasonGroupLimit:      {},
	plan.ReasonClusterLimit:    {},
	plan.ReasonBelowCutoff:     {onlyOld: true},
}

// judgeLeft asks about each pod that is left with all the others in place, and with the volumes that those have taken.
func (j *judge) judgeLeft() error {
	r := &replay{judge: j, reserve: true}
	defer r.undo()
	if len(j.snapshot.Storage.Claims) > 0 {
		if _, err := r.run(j.placed, j.later); err != nil {
			return err
		}
	}
	inPlace := j.everywhere()
	if err := j.enter(j.after, inPlace); err != nil {
		return err
	}
	var impossible []*plan.Unplaced
	for i := range j.plan.Left {
		left := &j.plan.Left[i]
		rule, ok := leftReasons[left.Reason]
		if !ok {
			if left.Reason != plan.ReasonPreemption {
				j.verdict.Skipped[string(left.Reason)]++
			}
			continue
		}
		j.verdict.Judged[string(left.Reason)]++
		nodes := j.after.names()
		if rule.onlyOld {
			nodes = j.before.names()
		}
		node := j.accepting(left.Pod, nodes)
		harm, err := j.harms(j.after, inPlace, placement{left.Pod, node})
		switch {
		case err != nil:
			return err
		case node != "" && !harm:
			j.disagree(Disagreement{Kind: KindLeft, Pod: left.Pod, Planner: says(left), Accepts: "it may run on " + node})
		case node == "" && rule.oneMore:
			impossible = append(impossible, left)
		}
	}
	return j.judgeImpossible(impossible, inPlace)
}

// judgeImpossible asks whether one more node of some group and offering would take a pod. Groups that may not grow and offerings
// that are sold out are among them: those are other reasons.
func (j *judge) judgeImpossible(impossible []*plan.Unplaced, inPlace []placement) error {
	denied := map[*corev1.Pod]bool{}
	for g := range j.snapshot.Groups {
		group := &j.snapshot.Groups[g]
		for o := range j.snapshot.Offerings {
			offering := &j.snapshot.Offerings[o]
			if !sells(group, offering) {
				continue
			}
			state := j.after.with(j.snapshot, freshNode, group, offering)
			if err := j.enter(state, inPlace); err != nil {
				return err
			}
			for _, left := range impossible {
				if denied[left.Pod] || j.accepting(left.Pod, []string{freshNode}) == "" {
					continue
				}
				harm, err := j.harms(state, inPlace, placement{left.Pod, freshNode})
				if err != nil {
					return err
				}
				if !harm {
					denied[left.Pod] = true
					j.disagree(Disagreement{Kind: KindLeft, Pod: left.Pod, Planner: says(left),
						Accepts: "it may run on one more node of " + group.Key + " with offering " + offering.ID})
				}
			}
		}
	}
	return nil
}

// harms tells whether a pod that is left could go somewhere only by being one too many for the rules of a pod of the plan, which the
// plan then need not do. The state is entered again in the end.
func (j *judge) harms(state *clusterState, inPlace []placement, one placement) (bool, error) {
	if one.node == "" {
		return false, nil
	}
	without, err := j.refused(state, inPlace, inPlace)
	if err != nil {
		return false, err
	}
	with, err := j.refused(state, inPlace, append(slices.Clone(inPlace), one))
	if err != nil {
		return false, err
	}
	return with > without, j.enter(state, inPlace)
}

// refused counts the pods that the scheduler would not let in where they are, each with all the others in place.
func (j *judge) refused(state *clusterState, asked, all []placement) (n int, err error) {
	for _, p := range asked {
		if rules(p.pod) == 0 {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(all), func(o placement) bool { return o.pod == p.pod })
		if err := j.enter(state, others); err != nil {
			return 0, err
		}
		if j.Begin(p.pod).Refusal(p.node) != (Refusal{}) {
			n++
		}
	}
	return n, nil
}

// sells tells whether a group may buy an offering, sold out or not.
func sells(g *plan.Group, o *plan.Offering) bool {
	return o.DatacenterID == g.DatacenterID && (len(g.OfferingIDs) == 0 || slices.Contains(g.OfferingIDs, o.ID))
}
