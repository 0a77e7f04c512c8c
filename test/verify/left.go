package verify

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// notOursReasons are those that notOurs may give.
var notOursReasons = []plan.Reason{plan.ReasonNotPending, plan.ReasonOtherScheduler, plan.ReasonSchedulingGated, plan.ReasonResourceClaims}

// notOurs lists the reasons for which a pod asks for no node now, in the order in which they are documented.
func (v *verdict) notOurs(pod *corev1.Pod) []plan.Reason {
	var reasons []plan.Reason
	_, mirror := pod.Annotations[corev1.MirrorPodAnnotationKey]
	if pod.Spec.NodeName != "" || finished(pod) || pod.DeletionTimestamp != nil || mirror {
		reasons = append(reasons, plan.ReasonNotPending)
	}
	scheduler := pod.Spec.SchedulerName
	if scheduler == "" {
		scheduler = corev1.DefaultSchedulerName
	}
	if names := v.s.Policy.SchedulerNames; len(names) > 0 && !slices.Contains(names, scheduler) {
		reasons = append(reasons, plan.ReasonOtherScheduler)
	}
	if len(pod.Spec.SchedulingGates) > 0 {
		reasons = append(reasons, plan.ReasonSchedulingGated)
	}
	if len(pod.Spec.ResourceClaims) > 0 {
		reasons = append(reasons, plan.ReasonResourceClaims)
	}
	return reasons
}

// checkLeft judges the reason of each pod that is left, and tries whether it could not have a place after all.
func (v *verdict) checkLeft() {
	var waiting []*plan.Unplaced
	for i := range v.p.Left {
		left := &v.p.Left[i]
		about := v.notOurs(left.Pod)
		switch {
		case len(about) > 0:
			if !slices.Contains(about, left.Reason) {
				v.fail("pod %s: left with %s %q, want one of %v", nameOf(left.Pod), left.Reason, left.Message, about)
			}
		case slices.Contains(notOursReasons, left.Reason):
			v.fail("pod %s: left with %s %q, which is not so", nameOf(left.Pod), left.Reason, left.Message)
		case left.Reason == plan.ReasonPreemption:
			if err := v.preempts(v.w.pod(left.Pod)); err != nil {
				v.fail("pod %s: left with %s: %w", nameOf(left.Pod), left.Reason, err)
			}
		default:
			waiting = append(waiting, left)
		}
	}
	v.checkWaiting(waiting)
}

// below tells whether no node is bought for a pod because of its priority.
func (v *verdict) below(pod *corev1.Pod) bool {
	return v.s.Policy.PriorityCutoff != nil && priorityOf(pod) < *v.s.Policy.PriorityCutoff
}

// cutoff is for messages.
func (v *verdict) cutoff() string {
	if v.s.Policy.PriorityCutoff == nil {
		return "none"
	}
	return fmt.Sprint(*v.s.Policy.PriorityCutoff)
}

func priorityOf(pod *corev1.Pod) int32 {
	if pod.Spec.Priority == nil {
		return 0
	}
	return *pod.Spec.Priority
}

// checkWaiting tries each pod on every node of the final state and on one more node of everything that could be bought.
func (v *verdict) checkWaiting(waiting []*plan.Unplaced) {
	if len(waiting) == 0 {
		return
	}
	outlooks := make([]outlook, len(waiting))
	for i, left := range waiting {
		v.tryNodes(left)
		outlooks[i] = outlook{p: v.w.pod(left.Pod)}
	}
	for g := range v.s.Groups {
		for o := range v.s.Offerings {
			if sells(&v.s.Groups[g], &v.s.Offerings[o]) {
				v.tryMachine(&v.s.Groups[g], &v.s.Offerings[o], outlooks)
			}
		}
	}
	for i, left := range waiting {
		v.judge(left, &outlooks[i])
	}
}

// tryNodes looks for a node that would do. A pod below the cut-off may use nodes that exist or are on their way only. Nodes that are
// bought for their group's desired size while its scale-up is off are no place to plan with.
func (v *verdict) tryNodes(left *plan.Unplaced) {
	for _, h := range v.w.hosts {
		if h.group != nil && (v.below(left.Pod) || !h.group.ScaleUp) {
			continue
		}
		p := v.w.pod(left.Pod)
		if v.w.allows(p, h) == nil && !v.contended(p, h) && !v.awaited(p, h) && v.harmless(p, h) {
			v.fail("pod %s: left with %s %q, but it fits %s", nameOf(left.Pod), left.Reason, left.Message, h)
			return
		}
	}
}

// awaited tells whether a node may be kept for a pod that is no less important and that the scheduler will preempt others for.
func (v *verdict) awaited(p *pod, h *host) bool {
	for i := range v.p.Left {
		left := &v.p.Left[i]
		if left.Reason == plan.ReasonPreemption && priorityOf(left.Pod) >= priorityOf(p.Pod) && h.group == nil && v.w.fitsWithoutLower(v.w.pod(left.Pod), h) {
			return true
		}
	}
	return false
}

// harmless tells whether all planned pods could still come if the pod were on the node before them.
func (v *verdict) harmless(p *pod, h *host) bool {
	before := v.misplaced()
	v.w.add(p, h)
	defer v.w.undo(p)
	if v.misplaced() <= before {
		return true
	}
	v.harmful[p] = true
	return false
}

// misplaced counts the planned pods that would not be let in where they are.
func (v *verdict) misplaced() int {
	n := 0
	for _, other := range v.w.all {
		if other.host != nil && v.planned(other) && v.w.inPlace(other) != nil {
			n++
		}
	}
	return n
}

// outlook is what the machines that could be bought, or could but for a limit, have to offer to a pod.
type outlook struct {
	p *pod
	// admitted: a machine whose labels and taints let the pod in; reached: one that its volumes can be reached from as well; large: one
	// that has the room beside its DaemonSets, and may attach its volumes, as well.
	admitted, reached, large bool
	// obstacles are what keeps such large machines from being bought, buyable names one that nothing keeps and that the pod may use.
	obstacles map[plan.Reason]bool
	buyable   string
}

// tryMachine adds one machine to the final state for a moment and asks each pod about it.
func (v *verdict) tryMachine(g *plan.Group, o *plan.Offering, outlooks []outlook) {
	obstacles := v.obstacles(g, o)
	h := v.w.addMachine(g, o)
	defer v.w.drop(h)
	for i := range outlooks {
		look := &outlooks[i]
		if v.w.fitsNode(look.p, h) != nil || v.w.fitsTaints(look.p, h) != nil {
			continue
		}
		look.admitted = true
		if v.w.fitsVolumes(look.p, h) != nil {
			continue
		}
		look.reached = true
		if v.w.ask(look.p, h, roomy) != nil {
			continue
		}
		look.large = true
		if look.buyable == "" && len(obstacles) == 0 && !v.below(look.p.Pod) && v.w.allows(look.p, h) == nil && !v.contended(look.p, h) && v.harmless(look.p, h) {
			look.buyable = fmt.Sprintf("%s for group %s", o.ID, g.Key)
		}
		for _, obstacle := range obstacles {
			if look.obstacles == nil {
				look.obstacles = map[plan.Reason]bool{}
			}
			look.obstacles[obstacle] = true
		}
	}
}

// judge compares the reason of a pod with its outlook.
func (v *verdict) judge(left *plan.Unplaced, look *outlook) {
	if look.buyable != "" {
		v.fail("pod %s: left with %s %q, but one more %s would hold it", look.p, left.Reason, left.Message, look.buyable)
		return
	}
	if why := v.implausible(left, look); why != "" {
		v.fail("pod %s: left with %s %q, but %s", look.p, left.Reason, left.Message, why)
	}
}
