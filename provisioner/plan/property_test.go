package plan_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// checkPlan makes the plan of a random snapshot twice, the second time from shuffled lists, and checks both.
func checkPlan(t *testing.T, seed uint64) *plan.Plan {
	t.Helper()
	s := randomSnapshot(seed)
	before := render(plan.Make(s))
	p := plan.Make(s)
	for _, err := range verify(s, p) {
		t.Errorf("seed %d: %v", seed, err)
	}
	if !reflect.DeepEqual(randomSnapshot(seed), s) {
		t.Errorf("seed %d: Make changed its snapshot", seed)
	}
	shuffle(s, seed)
	if diff := cmp.Diff(before, render(plan.Make(s))); diff != "" {
		t.Errorf("seed %d: the order of the snapshot changes the plan:\n%s", seed, diff)
	}
	return p
}

func TestPlansOfRandomSnapshots(t *testing.T) {
	reasons := map[plan.Reason]int{}
	placed, bought := 0, 0
	for seed := range uint64(1500) {
		p := checkPlan(t, seed)
		placed, bought = placed+len(p.Placed), bought+len(p.NewNodes)
		for _, left := range p.Left {
			reasons[left.Reason]++
		}
		if t.Failed() {
			t.Fatalf("seed %d: the first failure is enough", seed)
		}
	}
	// The snapshots are worth nothing when they do not reach everything.
	all := []plan.Reason{plan.ReasonTooLarge, plan.ReasonNoMatchingGroup, plan.ReasonSoldOut, plan.ReasonGroupLimit, plan.ReasonClusterLimit, plan.ReasonResourceClaims}
	for _, reason := range all {
		if reasons[reason] < 50 {
			t.Errorf("pods left with %s: got %d, want at least 50", reason, reasons[reason])
		}
	}
	if placed < 1000 || bought < 1000 {
		t.Errorf("got %d pods placed and %d nodes bought, want at least 1000 of each", placed, bought)
	}
}

func FuzzMake(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { checkPlan(t, seed) })
}

// shuffle changes every order that must not matter.
func shuffle(s *plan.Snapshot, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 2))
	mix(r, s.Pods)
	mix(r, s.Nodes)
	mix(r, s.Daemons)
	mix(r, s.Groups)
	mix(r, s.Offerings)
	for i := range s.Nodes {
		mix(r, s.Nodes[i].Pods)
	}
	for i := range s.Groups {
		mix(r, s.Groups[i].OfferingIDs)
	}
	for _, p := range s.Pods {
		mix(r, p.Spec.Tolerations)
	}
}

func mix[T any](r *rand.Rand, list []T) {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// render writes a plan as text without pointers.
func render(p *plan.Plan) string {
	var b strings.Builder
	for _, placed := range p.Placed {
		fmt.Fprintf(&b, "%s on %s\n", placed.Pod.Name, placed.Node)
	}
	for i := range p.NewNodes {
		n := &p.NewNodes[i]
		fmt.Fprintf(&b, "buy %s %s for %v, considered %q\n", n.GroupKey, n.Offering.ID, podNames(n.Pods), verdicts(n))
	}
	for _, left := range p.Left {
		fmt.Fprintf(&b, "%s left: %s %s\n", left.Pod.Name, left.Reason, left.Message)
	}
	fmt.Fprintf(&b, "price %v, bound %v\n", int64(p.Price), int64(p.LowerBound))
	return b.String()
}

func podNames(pods []*corev1.Pod) []string {
	var list []string
	for _, p := range pods {
		list = append(list, p.Name)
	}
	return slices.Clip(list)
}
