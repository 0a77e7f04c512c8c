package plan

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// best is the run that honours as many kinds of preferences as cost no more than the policy allows: all of them, or as many as stay within
// that share when they are added one by one.
func best(s *Snapshot, known *known) (chosen, plain *run) {
	plain = compile(s, known, &preferences{}).solve()
	wanted := preferencesOf(s)
	if plain.leftPods() > 0 {
		wanted &^= preferredAntiAffinity // it would keep others away, whose place is uncertain enough
	}
	if wanted == 0 {
		return plain, plain
	}
	if r := honour(s, known, wanted, plain); r != nil {
		return r, plain
	}
	chosen = plain
	for _, kind := range allPreferences {
		if wanted&kind != 0 && wanted != kind {
			if r := honour(s, known, chosen.p.preferences.kinds|kind, plain); r != nil {
				chosen = r
			}
		}
	}
	return chosen, plain
}

// waivers is how often preferences that cannot be had are given up and the rest tried again.
const waivers = 3

// honour makes a run that treats preferences as requirements, or nil where that costs too much or leaves pods without a node. Pods that get
// no node have no preferences: those would only hide the true reason.
func honour(s *Snapshot, known *known, kinds preference, plain *run) *run {
	w := &preferences{kinds: kinds, waived: map[*corev1.Pod]bool{}}
	plain.waive(w)
	left := plain.leftSet()
	limit := float64(plain.price()) * (1 + max(0, s.Policy.PreferenceShare))
	for range waivers {
		r := compile(s, known, w).solve()
		if r.waive(w) {
			continue
		}
		if !maps.Equal(r.leftSet(), left) || float64(r.price()) > limit || !slices.Equal(r.podsByPriority(), plain.podsByPriority()) {
			return nil
		}
		return r
	}
	return nil
}

// leftSet is the pods that have no place.
func (r *run) leftSet() map[*corev1.Pod]bool {
	set := map[*corev1.Pod]bool{}
	for class, left := range r.left {
		pods := r.p.classes[class].pods
		for _, pod := range pods[len(pods)-left:] { // the first ones get the places
			set[pod] = true
		}
	}
	return set
}

// explainAs gives the pods that are left the reasons of a run without preferences, as preferences keep nobody from a node.
func (plan *Plan) explainAs(plain *run) {
	why := map[*corev1.Pod]Unplaced{}
	for _, left := range plain.leftOver() {
		why[left.Pod] = left
	}
	for i := range plan.Left {
		if left, ok := why[plan.Left[i].Pod]; ok {
			plan.Left[i] = left
		}
	}
}

// podsByPriority counts the pods on new nodes by the priority of their group, the highest first: what groups are for comes before
// what pods prefer.
func (r *run) podsByPriority() []int {
	levels := r.p.levels()
	pods := make([]int, len(levels))
	for i := range levels {
		for at := len(r.p.nodes); at < len(r.spots); at++ {
			if r.p.groups[r.p.candidates[r.spots[at].candidate].group].Priority == levels[i].priority {
				for _, l := range r.spots[at].loads {
					pods[i] += l.pods
				}
			}
		}
	}
	return pods
}

// waive gives up the preferences of pods that found no place, and reports whether they had any.
func (r *run) waive(w *preferences) bool {
	waived := false
	for class, left := range r.left {
		if left+r.preempting[class] == 0 {
			continue
		}
		for _, pod := range r.p.classes[class].pods {
			waived = waived || !w.waived[pod]
			w.waived[pod] = true
		}
	}
	return waived
}

// boundWithoutPreferences is the bound for the pods that a plan places on new nodes, as if they had no preferences.
func boundWithoutPreferences(s *Snapshot, known *known, plan *Plan) money.PerHour {
	only := *s
	only.Pods = nil
	for i := range plan.NewNodes {
		only.Pods = append(only.Pods, plan.NewNodes[i].Pods...)
	}
	p := compile(&only, known, &preferences{})
	all := make([]int, len(p.classes))
	for i := range p.classes {
		all[i] = len(p.classes[i].pods)
	}
	return p.lowerBound(all)
}
