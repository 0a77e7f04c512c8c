package planner

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/test/verify"
)

// leaving makes a judgement about a pod that is left rightly with one reason and wrongly with another.
func leaving(given func(*cluster), good, bad plan.Reason, want string) judgement {
	return judgement{given: given, want: want,
		good: func(c *cluster) { c.leave(good, "p") }, bad: func(c *cluster) { c.leave(bad, "p") }}
}

// notNow makes a judgement about a pod that asks for no node now.
func notNow(reason plan.Reason, option option) judgement {
	return judgement{given: func(c *cluster) { c.wait("p", option); c.s.Policy.SchedulerNames = []string{"default-scheduler"} }, want: string(reason),
		good: func(c *cluster) { c.leave(reason, "p") }, bad: func(c *cluster) { c.place("n1", "p") }}
}

func TestVerifierKnowsPodsThatAskForNothing(t *testing.T) {
	judge(t, map[string]judgement{
		"bound":    notNow(plan.ReasonNotPending, func(p *corev1.Pod) { p.Spec.NodeName = "n1" }),
		"finished": notNow(plan.ReasonNotPending, func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed }),
		"going":    notNow(plan.ReasonNotPending, terminating()),
		"mirror": notNow(plan.ReasonNotPending, func(p *corev1.Pod) {
			p.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: ""}
		}),
		"other scheduler": notNow(plan.ReasonOtherScheduler, func(p *corev1.Pod) { p.Spec.SchedulerName = "own" }),
		"gated": notNow(plan.ReasonSchedulingGated, func(p *corev1.Pod) {
			p.Spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: "g"}}
		}),
		"device claims": notNow(plan.ReasonResourceClaims, func(p *corev1.Pod) {
			p.Spec.ResourceClaims = []corev1.PodResourceClaim{{Name: "c"}}
		}),
		"not so": {given: func(c *cluster) { c.wait("p") }, want: "which is not so",
			good: func(c *cluster) { c.place("n1", "p") }, bad: func(c *cluster) { c.leave(plan.ReasonSchedulingGated, "p") }},
		"another reason": leaving(func(c *cluster) { c.wait("p", terminating()) }, plan.ReasonNotPending, plan.ReasonTooLarge, "want one of [NotPending]"),
	}, verify.Plan)
}

func TestVerifierKnowsWhenPodsAreLeftWrongly(t *testing.T) {
	big := func(c *cluster) { c.wait("p", asking("cpu", "9")) }
	picky := func(c *cluster) { c.wait("p", selecting(zoneKey, "z")) }
	cut := func(priority int32) func(*cluster) {
		return func(c *cluster) {
			c.wait("p", asking("cpu", "5"), prioritised(priority))
			c.s.Policy.PriorityCutoff = new(int32(-10))
		}
	}
	judge(t, map[string]judgement{
		"fits a node": {given: func(c *cluster) { c.wait("p"); c.s.Limits.MaxNewNodes = 1 }, want: "but it fits node n1",
			good: func(c *cluster) { c.place("n1", "p") }, bad: func(c *cluster) { c.leave(plan.ReasonClusterLimit, "p") }},
		"fits a new node": {given: func(c *cluster) { two(c); c.s.Limits.MaxNewNodes = 1 }, want: "but it fits new node 0",
			good: func(c *cluster) { c.buy("large", "p", "q") },
			bad:  func(c *cluster) { c.buy("large", "p"); c.leave(plan.ReasonClusterLimit, "q") }},
		"fits one more": {given: two, want: "one more small for group default/g would hold it",
			good: buyBoth, bad: func(c *cluster) { c.buy("small", "p"); c.leave(plan.ReasonGroupLimit, "q") }},
		"no room at a limit's fault": leaving(big, plan.ReasonTooLarge, plan.ReasonClusterLimit, "no machine that could hold it is kept back"),
		"too large":                  leaving(picky, plan.ReasonNoMatchingGroup, plan.ReasonTooLarge, "let in by a machine: false"),
		"no matching group":          leaving(big, plan.ReasonTooLarge, plan.ReasonNoMatchingGroup, "let it in"),
		"sold out, not full": leaving(func(c *cluster) { c.wait("p", asking("cpu", "5")); c.offering("large").SoldOut = true },
			plan.ReasonSoldOut, plan.ReasonGroupLimit, "no machine that could hold it"),
		"volumes":           leaving(big, plan.ReasonTooLarge, plan.ReasonVolumes, "it has no volumes"),
		"host port":         leaving(big, plan.ReasonTooLarge, plan.ReasonHostPort, "it has no host ports"),
		"affinity":          leaving(big, plan.ReasonTooLarge, plan.ReasonPodAffinity, "no required pod affinity"),
		"anti-affinity":     leaving(big, plan.ReasonTooLarge, plan.ReasonPodAntiAffinity, "neither it nor a pod"),
		"topology spread":   leaving(big, plan.ReasonTooLarge, plan.ReasonTopologySpread, "no hard topology spread constraint"),
		"no such reason":    leaving(big, plan.ReasonTooLarge, "Whatever", "there is no such reason"),
		"below the cut-off": leaving(cut(-11), plan.ReasonBelowCutoff, plan.ReasonGroupLimit, "below the cut-off"),
		"at the cut-off": {given: cut(-10), want: "one more large", good: func(c *cluster) { c.buy("large", "p") },
			bad: func(c *cluster) { c.leave(plan.ReasonBelowCutoff, "p") }},
		"bought below the cut-off": {given: cut(-11), want: "scale-up true, priority cut-off -10; 0 are missing",
			good: func(c *cluster) { c.leave(plan.ReasonBelowCutoff, "p") }, bad: func(c *cluster) { c.buy("large", "p") }},
	}, verify.Plan)
}

func TestVerifierKnowsPreemption(t *testing.T) {
	full := func(options ...option) func(*cluster) {
		return func(c *cluster) {
			c.run("n1", "r", asking("cpu", "3"), prioritised(5))
			c.run("n2", "s", asking("cpu", "3"), prioritised(50))
			c.wait("p", append([]option{asking("cpu", "4"), prioritised(10)}, options...)...)
		}
	}
	preempts := func(given func(*cluster), want string) judgement {
		return judgement{given: given, want: want, good: func(c *cluster) { c.buy("small", "p") },
			bad: func(c *cluster) { c.leave(plan.ReasonPreemption, "p") }}
	}
	never := func(p *corev1.Pod) { p.Spec.PreemptionPolicy = new(corev1.PreemptNever) }
	judge(t, map[string]judgement{
		"has victims": {given: full(), good: func(c *cluster) { c.leave(plan.ReasonPreemption, "p") },
			bad: func(c *cluster) { c.leave(plan.ReasonTooLarge, "p") }, want: "would hold it"},
		"never":        preempts(full(never), "its preemption policy is Never"),
		"has tried":    preempts(full(flagged()), "has tried already: Unschedulable"),
		"low priority": preempts(full(prioritised(5)), "even without its pods of a priority below 5"),
		"wrong node": {given: full(selecting(zoneKey, "b")), good: func(c *cluster) { c.buy("large", "p") },
			bad: func(c *cluster) { c.leave(plan.ReasonPreemption, "p") }, want: "no node would do"},
		"node on its way": preempts(func(c *cluster) { full()(c); c.node("n1").InFlight = true }, "no node would do"),
	}, verify.Plan)
}
