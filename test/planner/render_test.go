package planner

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// render writes a plan as text without pointers.
func render(p *plan.Plan) string {
	var b strings.Builder
	for _, placed := range p.Placed {
		fmt.Fprintf(&b, "%s on %s\n", name(placed.Pod), placed.Node)
	}
	for i := range p.NewNodes {
		n := &p.NewNodes[i]
		fmt.Fprintf(&b, "buy %s %s for", n.GroupKey, n.Offering.ID)
		for _, pod := range n.Pods {
			fmt.Fprintf(&b, " %s", name(pod))
		}
		for _, c := range n.Considered {
			fmt.Fprintf(&b, "; %s: %s", c.Offering.ID, c.Verdict)
		}
		fmt.Fprintln(&b)
	}
	for _, left := range p.Left {
		fmt.Fprintf(&b, "%s left: %s %s\n", name(left.Pod), left.Reason, left.Message)
	}
	fmt.Fprintf(&b, "price %d, bound %d, gap %g\n", p.Price, p.LowerBound, p.Gap)
	return b.String()
}

// planned is the text of the plan for a snapshot, or of the panic on the way to it.
func planned(s *plan.Snapshot) (text string) {
	defer func() {
		if cause := recover(); cause != nil {
			text = fmt.Sprint("panic: ", cause)
		}
	}()
	return render(plan.Make(s))
}

func name(pod *corev1.Pod) string { return pod.Namespace + "/" + pod.Name }

// names matches what differs between two faults of one kind: names of pods, nodes and groups, numbers, and details in quotes.
var names = regexp.MustCompile(`[a-z]+/\S+|\bn\d+\S*|new node \d+ \([^)]*\)|\d+|"[^"]*"|(?s:\n.*)`)

// sameKind tells whether one of the faults is of the kind of the first.
func sameKind(first string, faults []string) bool {
	kind := names.ReplaceAllString(first, "_")
	for _, fault := range faults {
		if names.ReplaceAllString(fault, "_") == kind {
			return true
		}
	}
	return false
}

// tally counts what the plans of many clusters reached. The clusters are worth nothing when they do not reach everything.
type tally struct {
	placed, onNew, bought int
	reasons               map[plan.Reason]int
}

func (c *tally) count(s *plan.Snapshot) {
	p := plan.Make(s)
	c.placed += len(p.Placed)
	c.bought += len(p.NewNodes)
	for i := range p.NewNodes {
		c.onNew += len(p.NewNodes[i].Pods)
	}
	for _, left := range p.Left {
		c.reasons[left.Reason]++
	}
}

func (c *tally) add(other *tally) {
	c.placed, c.onNew, c.bought = c.placed+other.placed, c.onNew+other.onNew, c.bought+other.bought
	if c.reasons == nil {
		c.reasons = map[plan.Reason]int{}
	}
	for reason, n := range other.reasons {
		c.reasons[reason] += n
	}
}

func (c *tally) check(t *testing.T) {
	t.Helper()
	t.Logf("%d pods placed, %d pods on %d new nodes, left: %v", c.placed, c.onNew, c.bought, c.reasons)
	all := []plan.Reason{plan.ReasonNotPending, plan.ReasonOtherScheduler, plan.ReasonSchedulingGated, plan.ReasonPreemption,
		plan.ReasonResourceClaims, plan.ReasonVolumes, plan.ReasonTooLarge, plan.ReasonNoMatchingGroup, plan.ReasonHostPort,
		plan.ReasonPodAffinity, plan.ReasonPodAntiAffinity, plan.ReasonTopologySpread, plan.ReasonBelowCutoff, plan.ReasonSoldOut,
		plan.ReasonGroupLimit, plan.ReasonClusterLimit}
	for _, reason := range all {
		if c.reasons[reason] < 5 {
			t.Errorf("pods left with %s: got %d, want at least 5", reason, c.reasons[reason])
		}
	}
	if c.placed < 2500 || c.onNew < 2500 {
		t.Errorf("got %d pods placed and %d on new nodes, want at least 2500 of each", c.placed, c.onNew)
	}
}
