package planner

import (
	"flag"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/volumes"
	"github.com/vpsie/vpsie-autoscaler/test/snapshots"
	"github.com/vpsie/vpsie-autoscaler/test/verify"
)

var diagnoses = flag.Uint64("diagnoses", 1_000, "for how many random clusters to diagnose the pods that wait")

// asksForNone are the reasons of pods that are not diagnosed.
var asksForNone = []plan.Reason{plan.ReasonNotPending, plan.ReasonOtherScheduler, plan.ReasonSchedulingGated}

// A diagnosis and a plan for the same cluster agree: what the plan puts on a node that has joined has no constraint, and what it does not
// has one on every node, which the verifier sees as well.
func TestDiagnosesOfRandomClusters(t *testing.T) {
	fit, misfit := 0, 0
	for seed := range *diagnoses {
		s := snapshots.Random(seed, snapshots.Family(seed))
		before := snapshots.Clone(s)
		found := diagnosed(plan.Diagnose(s))
		faults := slices.Concat(oneEach(s, found), asPlanned(s, found), asVerified(s, found), repeatable(s, seed))
		if !reflect.DeepEqual(before, s) {
			faults = append(faults, "the diagnosis changed its snapshot:\n"+cmp.Diff(before, s))
		}
		if len(faults) > 0 {
			t.Errorf("seed %d: %d faults, the first is\n%s", seed, len(faults), faults[0])
		}
		for _, d := range found {
			if d.Node != "" {
				fit++
			} else {
				misfit++
			}
		}
	}
	if fit == 0 || misfit == 0 {
		t.Errorf("%d pods fit and %d do not: the clusters show nothing", fit, misfit)
	}
}

func diagnosed(list []plan.Diagnosis) map[*corev1.Pod]plan.Diagnosis {
	found := make(map[*corev1.Pod]plan.Diagnosis, len(list))
	for _, d := range list {
		found[d.Pod] = d
	}
	return found
}

// oneEach checks that all pods are diagnosed but those that ask for no node.
func oneEach(s *plan.Snapshot, found map[*corev1.Pod]plan.Diagnosis) (faults []string) {
	left := map[*corev1.Pod]plan.Reason{}
	for _, l := range plan.Make(s).Left {
		left[l.Pod] = l.Reason
	}
	for _, pod := range s.Pods {
		d, ok := found[pod]
		if want := !slices.Contains(asksForNone, left[pod]); ok != want {
			faults = append(faults, fmt.Sprintf("pod %s: diagnosed is %t, its reason %q", pod.Name, ok, left[pod]))
		}
		if ok && (d.Node == "") != (d.Main != "") {
			faults = append(faults, fmt.Sprintf("pod %s: node %q and constraint %q", pod.Name, d.Node, d.Main))
		}
	}
	return faults
}

// asPlanned checks that a pod for which the plan has a place on a node is found to have one. Nodes on their way are left out of it, as they
// may be the reason for which a pod may go to another.
func asPlanned(s *plan.Snapshot, found map[*corev1.Pod]plan.Diagnosis) (faults []string) {
	if slices.ContainsFunc(s.Nodes, func(n plan.Node) bool { return n.InFlight }) {
		return nil
	}
	for _, p := range plan.Make(s).Placed {
		if d := found[p.Pod]; d.Node == "" && !p.Late {
			faults = append(faults, fmt.Sprintf("pod %s: planned for node %s, and none is for it: %v", p.Pod.Name, p.Node, d.Nodes))
		}
	}
	return faults
}

// asVerified asks the verifier about every node for each pod that has no place, when all others have theirs.
func asVerified(s *plan.Snapshot, found map[*corev1.Pod]plan.Diagnosis) (faults []string) {
	then := joinedWith(s, found)
	for _, d := range found {
		if d.Node != "" {
			continue
		}
		if sum := total(d.Nodes); sum != len(then.Nodes) {
			faults = append(faults, fmt.Sprintf("pod %s: %v counts %d nodes of %d", d.Pod.Name, d.Nodes, sum, len(then.Nodes)))
		}
		if len(d.Pod.Spec.ResourceClaims) > 0 || !volumes.Simple(d.Pod) {
			continue // the verifier knows no devices, and looks at volumes in another order
		}
		verdicts := map[string]int{}
		for i := range then.Nodes {
			verdicts[kindOf(verify.Fits(then, d.Pod, then.Nodes[i].Name))]++
		}
		if diff := cmp.Diff(verdicts, kinds(d.Nodes)); diff != "" {
			faults = append(faults, fmt.Sprintf("pod %s: diagnosed %v (-verified +diagnosed):\n%s", d.Pod.Name, d.Nodes, diff))
		}
	}
	return faults
}

// repeatable diagnoses again in between two plans by one planner, and in another order: neither may change anything.
func repeatable(s *plan.Snapshot, seed uint64) (faults []string) {
	var planner plan.Planner
	before := render(planner.Make(s))
	first := told(planner.Diagnose(s))
	if diff := cmp.Diff(before, render(planner.Make(s))); diff != "" {
		faults = append(faults, "a diagnosis changes the next plan:\n"+diff)
	}
	if diff := cmp.Diff(first, told(plan.Diagnose(snapshots.Shuffle(s, seed)))); diff != "" {
		faults = append(faults, "the order of the snapshot's lists changes the diagnosis:\n"+diff)
	}
	return faults
}

// told is the diagnoses by the names of the pods.
func told(list []plan.Diagnosis) map[string]plan.Diagnosis {
	byName := make(map[string]plan.Diagnosis, len(list))
	for _, d := range list {
		name := d.Pod.Namespace + "/" + d.Pod.Name
		d.Pod = nil
		byName[name] = d
	}
	return byName
}

// joinedWith is the snapshot without nodes on their way and with the pods where they were found to fit.
func joinedWith(s *plan.Snapshot, found map[*corev1.Pod]plan.Diagnosis) *plan.Snapshot {
	then := *s
	then.Nodes = slices.DeleteFunc(slices.Clone(s.Nodes), func(n plan.Node) bool { return n.InFlight })
	for i := range then.Nodes {
		n := &then.Nodes[i]
		n.Pods = slices.Clone(n.Pods)
		for pod, d := range found {
			if d.Node == n.Name {
				n.Pods = append(n.Pods, pod)
			}
		}
	}
	return &then
}

func total(nodes map[plan.Constraint]int) int {
	sum := 0
	for _, n := range nodes {
		sum += n
	}
	return sum
}

// kinds counts what both sides tell apart in the same order: labels, taints, room, ports, neighbours.
func kinds(nodes map[plan.Constraint]int) map[string]int {
	counts := map[string]int{}
	for constraint, n := range nodes {
		switch constraint {
		case plan.ConstraintNodeSelector, plan.ConstraintTaint, plan.ConstraintHostPort:
			counts[string(constraint)] += n
		case plan.ConstraintTopologySpread, plan.ConstraintAffinity, plan.ConstraintAntiAffinity:
			counts["neighbours"] += n
		case plan.ConstraintCPU, plan.ConstraintMemory, plan.ConstraintEphemeralStorage, plan.ConstraintPods, plan.ConstraintExtendedResource:
			counts["room"] += n
		default:
			counts["other: "+string(constraint)] += n
		}
	}
	return counts
}

// kindOf is the kind of a verdict of the verifier, which starts with the rule.
func kindOf(err error) string {
	if err == nil {
		return "fits"
	}
	rule, _, _ := strings.Cut(err.Error(), ":")
	switch rule {
	case "node affinity":
		return string(plan.ConstraintNodeSelector)
	case "taint":
		return string(plan.ConstraintTaint)
	case "host port":
		return string(plan.ConstraintHostPort)
	case "pod slots", "resources":
		return "room"
	default:
		return "neighbours"
	}
}
