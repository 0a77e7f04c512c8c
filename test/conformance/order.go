package conformance

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
)

// replay binds pods of a plan one after the other.
type replay struct {
	*judge
	// reserve takes the pods' volumes, as binding does.
	reserve bool
	bound   []placement
	// cycles are those in which the pods were bound, to return what they reserved.
	cycles []*Cycle
}

// judgeOrder lets the scheduler bind the plan's pods: first those for nodes that exist or are on their way, then, with the new nodes
// there, the rest. Which order works is unknown, so several are tried.
//
// Two pods may both have use for the only volume within reach. The end state does not show it, and which of the two gets the volume
// is not the planner's choice, so such pods are counted as contended, and the order is judged as if there were enough volumes.
func (j *judge) judgeOrder() error {
	stuck, err := j.anyOrder(true)
	if err != nil {
		return err
	}
	for i := range stuck {
		if stuck[i].refused.Plugin == names.VolumeBinding {
			j.verdict.Contended++
		}
	}
	if j.verdict.Contended > 0 {
		if stuck, err = j.anyOrder(false); err != nil {
			return err
		}
	}
	j.reportOrder(stuck)
	return nil
}

// reportOrder adds what only the order shows to what the end state has shown.
func (j *judge) reportOrder(stuck []stuckPod) {
	if len(j.verdict.Disagreements) == 0 {
		for _, p := range stuck {
			j.refuses(KindOrder, p.placement, p.refused)
		}
		return
	}
	// What is stuck has been reported, or waits for what has.
	for i := range j.verdict.Disagreements {
		if len(stuck) == 0 {
			j.verdict.Disagreements[i].Kind = KindFragile
		}
	}
}

// stuckPod is a pod that never gets in.
type stuckPod struct {
	placement
	refused Refusal
}

// anyOrder replays the plan in several orders until one does not get stuck.
func (j *judge) anyOrder(reserve bool) (stuck []stuckPod, err error) {
	for _, order := range []func(a, b placement) int{byPriority, strictFirst, strictLast} {
		placed, later := slices.SortedStableFunc(slices.Values(j.placed), order), slices.SortedStableFunc(slices.Values(j.later), order)
		if stuck, err = j.replay(placed, later, reserve); err != nil || len(stuck) == 0 {
			return stuck, err
		}
	}
	return stuck, nil
}

// byPriority is the order in which the scheduler takes pods from its queue, as far as it is known.
func byPriority(a, b placement) int { return cmp.Compare(priority(b.pod), priority(a.pod)) }

// strictFirst puts pods with rules about other pods first, before others can spoil their domains; strictLast gives them company.
func strictFirst(a, b placement) int { return cmp.Compare(rules(b.pod), rules(a.pod)) }
func strictLast(a, b placement) int  { return -strictFirst(a, b) }

func rules(pod *corev1.Pod) int {
	n := len(pod.Spec.TopologySpreadConstraints)
	if pod.Spec.Affinity != nil && pod.Spec.Affinity.PodAffinity != nil {
		n += len(pod.Spec.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
	}
	return n
}

func (j *judge) replay(placed, later []placement, reserve bool) ([]stuckPod, error) {
	r := &replay{judge: j, reserve: reserve}
	defer r.undo()
	waiting, err := r.run(placed, later)
	if err != nil {
		return nil, err
	}
	var stuck []stuckPod
	for _, p := range waiting {
		if err := r.enter(j.after, r.bound); err != nil {
			return nil, err
		}
		stuck = append(stuck, stuckPod{p, r.Begin(p.pod).Refusal(p.node)})
	}
	return stuck, nil
}

// run returns the pods that never get in.
func (r *replay) run(placed, later []placement) ([]placement, error) {
	waiting, err := r.bindAll(r.before, placed)
	if err != nil {
		return nil, err
	}
	return r.bindAll(r.after, append(waiting, later...))
}

// bindAll asks for pods in turn, and again as long as one gets in. It returns those that do not.
func (r *replay) bindAll(state *clusterState, waiting []placement) ([]placement, error) {
	for {
		var refused []placement
		for _, p := range waiting {
			ok, err := r.bind(state, p)
			if err != nil {
				return nil, err
			}
			if !ok {
				refused = append(refused, p)
			}
		}
		if len(refused) == len(waiting) {
			return refused, nil
		}
		waiting = refused
	}
}

// bind is one scheduling cycle of a pod on the node where the plan wants it.
func (r *replay) bind(state *clusterState, p placement) (bool, error) {
	if err := r.enter(state, r.bound); err != nil {
		return false, err
	}
	cycle := r.Begin(p.pod)
	if cycle.Refusal(p.node) != (Refusal{}) {
		return false, nil
	}
	if r.reserve && cycle.Reserve(p.node) != (Refusal{}) {
		cycle.Undo(p.node)
		return false, nil
	}
	r.bound = append(r.bound, p)
	r.cycles = append(r.cycles, cycle)
	return true, nil
}

// undo returns what the pods have reserved, so that the next replay starts afresh.
func (r *replay) undo() {
	if !r.reserve {
		return
	}
	for i, cycle := range slices.Backward(r.cycles) {
		cycle.Undo(r.bound[i].node)
	}
}
