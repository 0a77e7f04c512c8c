package conformance

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/test/snapshots"
	"github.com/vpsie/vpsie-autoscaler/test/verify"
)

// trials is the number of careless plans. They are made in the test, so their number does not depend on the planner.
const trials = 400

// careless places pods where the scheduler takes them, and now and then anywhere, among existing and new nodes. So most pods of a plan
// are well placed, but not all of them.
func careless(t *testing.T, scheduler *Scheduler, snapshot *plan.Snapshot, seed uint64) *plan.Plan {
	t.Helper()
	dice := rand.New(rand.NewPCG(seed, 3))
	p := &plan.Plan{}
	for range dice.IntN(6) {
		if n, ok := anyMachine(snapshot, dice); ok {
			p.NewNodes = append(p.NewNodes, n)
		}
	}
	j, err := scheduler.newJudge(snapshot, p)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	for _, pod := range snapshot.Pods {
		at := j.takes(t, pod, dice)
		switch old := len(snapshot.Nodes); {
		case at < 0:
			p.Left = append(p.Left, plan.Unplaced{Pod: pod, Reason: plan.ReasonNotPending, Message: "careless"})
		case at < old:
			p.Placed = append(p.Placed, plan.Placement{Pod: pod, Node: j.after.nodes[at].Name})
			j.placed = append(j.placed, placement{pod, j.after.nodes[at].Name})
		default:
			p.NewNodes[at-old].Pods = append(p.NewNodes[at-old].Pods, pod)
			j.later = append(j.later, placement{pod, j.after.nodes[at].Name})
		}
	}
	return p
}

// takes is the position of a node for the pod, or -1.
func (j *judge) takes(t *testing.T, pod *corev1.Pod, dice *rand.Rand) int {
	t.Helper()
	// A claim for devices never gets as far as a node.
	if len(j.after.nodes) == 0 || pod.Spec.NodeName != "" || len(pod.Spec.ResourceClaims) > 0 {
		return -1
	}
	if dice.IntN(12) == 0 {
		return dice.IntN(len(j.after.nodes))
	}
	if err := j.enter(j.after, j.everywhere()); err != nil {
		t.Fatal(err)
	}
	cycle := j.Begin(pod)
	for _, at := range dice.Perm(len(j.after.nodes)) {
		if cycle.Refusal(j.after.nodes[at].Name) == (Refusal{}) {
			return at
		}
	}
	return -1
}

// anyMachine draws a machine that some group may buy.
func anyMachine(snapshot *plan.Snapshot, dice *rand.Rand) (plan.NewNode, bool) {
	var all []plan.NewNode
	for g := range snapshot.Groups {
		for o := range snapshot.Offerings {
			if sells(&snapshot.Groups[g], &snapshot.Offerings[o]) && !snapshot.Offerings[o].SoldOut {
				all = append(all, plan.NewNode{GroupKey: snapshot.Groups[g].Key, Offering: &snapshot.Offerings[o]})
			}
		}
	}
	if len(all) == 0 {
		return plan.NewNode{}, false
	}
	return all[dice.IntN(len(all))], true
}

// A rule that never refuses anything would make the comparison with the planner worthless.
func TestEveryRuleOfTheSchedulerIsAsked(t *testing.T) {
	scheduler := newScheduler(t)
	refused := map[string]int{}

	for seed := range uint64(trials) {
		snapshot := snapshots.Random(seed, snapshots.Everything())
		verdict, err := scheduler.Judge(snapshot, careless(t, scheduler, snapshot, seed))
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for _, d := range verdict.Disagreements {
			refused[d.Refused.Plugin]++
		}
	}

	t.Log(numbers(refused))
	for _, plugin := range []string{names.NodeUnschedulable, names.NodeAffinity, names.TaintToleration, names.NodePorts, names.NodeResourcesFit,
		names.PodTopologySpread, names.InterPodAffinity, names.VolumeBinding, names.VolumeZone, names.VolumeRestrictions, names.NodeVolumeLimits} {
		if refused[plugin] == 0 {
			t.Errorf("%s refused no pod in %d careless plans", plugin, trials)
		}
	}
}

// The verifier in test/verify is written from the rules, not from the scheduler's code. Here the two judge the same careless plans.
func TestVerifierAgreesWithTheScheduler(t *testing.T) {
	scheduler := newScheduler(t)
	var asked, refused int

	for seed := range uint64(trials) {
		snapshot := snapshots.Random(seed, snapshots.Family(seed))
		p := careless(t, scheduler, snapshot, seed)
		verdict, err := scheduler.Judge(snapshot, p)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		asked += verdict.Judged["Placed"] + verdict.Judged["Later"]

		got := verifierRefuses(snapshot, p)
		want := map[string]string{}
		for _, d := range verdict.Disagreements {
			if (d.Kind == KindPlaced || d.Kind == KindFragile) && !d.Refused.Failed {
				want[d.Pod.Namespace+"/"+d.Pod.Name] = d.String()
			}
		}
		refused += len(want)
		for _, pod := range slices.Sorted(maps.Keys(want)) {
			if got[pod] == "" {
				t.Errorf("seed %d: the verifier allows: %s", seed, want[pod])
			}
		}
		for _, pod := range slices.Sorted(maps.Keys(got)) {
			if want[pod] == "" {
				t.Errorf("seed %d: the scheduler accepts a pod of which the verifier says: %s", seed, got[pod])
			}
		}
	}
	t.Logf("%d pods judged by both, %d of them refused", asked, refused)
}

// theirVolumes is in the verifier's words for a pod whose volume another pod of the plan takes. The scheduler sees that only when the
// other pod has been bound.
const theirVolumes = "are taken by claims of other pods"

// verifierRefuses picks from the verifier's errors those about a pod on a node, which begin with "pod NAME on NODE".
func verifierRefuses(snapshot *plan.Snapshot, p *plan.Plan) map[string]string {
	refused := map[string]string{}
	for _, err := range verify.Plan(snapshot, p) {
		var name, on string
		n, _ := fmt.Sscanf(err.Error(), "pod %s %s", &name, &on)
		if n == 2 && on == "on" && !strings.Contains(err.Error(), theirVolumes) {
			refused[name] = err.Error()
		}
	}
	return refused
}

func newScheduler(t *testing.T) *Scheduler {
	t.Helper()
	scheduler, err := NewScheduler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return scheduler
}
