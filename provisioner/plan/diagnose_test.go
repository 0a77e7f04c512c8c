package plan_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// claiming mounts a claim.
func claiming(name string) podOption {
	return func(p *corev1.Pod) {
		p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name}}})
	}
}

func claimingDevice(p *corev1.Pod) { p.Spec.ResourceClaims = []corev1.PodResourceClaim{{Name: "gpu"}} }

// running is a node in a zone with pods on it.
func running(name string, pods ...*corev1.Pod) plan.Node {
	return node(name, func(n *plan.Node) {
		n.Labels = map[string]string{corev1.LabelHostname: name, corev1.LabelTopologyZone: "a"}
		n.Allocatable["example.com/gpu"] = resources("n", "1")["n"]
		n.Allocatable[corev1.ResourceEphemeralStorage] = resources("n", "10Gi")["n"]
		n.Pods = pods
	})
}

func TestEachConstraintIsDiagnosed(t *testing.T) {
	tests := map[plan.Constraint]struct {
		pod  *corev1.Pod
		node plan.Node
	}{
		plan.ConstraintNodeSelector:     {pod("p", nil, selecting("disk", "ssd")), running("n")},
		plan.ConstraintTaint:            {pod("p", nil), node("n", func(n *plan.Node) { n.Taints = []corev1.Taint{{Key: "own", Effect: "NoSchedule"}} })},
		plan.ConstraintCPU:              {pod("p", resources("cpu", "3")), running("n", pod("r", resources("cpu", "1001m")))},
		plan.ConstraintMemory:           {pod("p", resources("cpu", "4", "memory", "9Gi")), running("n", pod("r", resources("memory", "8Gi")))},
		plan.ConstraintEphemeralStorage: {pod("p", resources("ephemeral-storage", "11Gi")), running("n")},
		plan.ConstraintPods:             {pod("p", nil), running("n", manyPods(10, nil)...)},
		plan.ConstraintExtendedResource: {pod("p", resources("example.com/gpu", "2")), running("n")},
		plan.ConstraintVolume:           {pod("p", nil, claiming("missing")), running("n")},
		plan.ConstraintHostPort:         {pod("p", nil, onPort(80)), running("n", pod("r", nil, onPort(80)))},
		plan.ConstraintTopologySpread:   {pod("p", nil, labelled("app", "web"), spread("rack", 1, corev1.DoNotSchedule)), running("n")},
		plan.ConstraintAffinity:         {pod("p", nil, near(corev1.LabelHostname, "db")), running("n")},
		plan.ConstraintAntiAffinity:     {pod("p", nil, away(corev1.LabelTopologyZone, "db")), running("n", pod("r", nil, labelled("app", "db")))},
	}
	for want, test := range tests {
		t.Run(string(want), func(t *testing.T) {
			s := &plan.Snapshot{Pods: []*corev1.Pod{test.pod}, Nodes: []plan.Node{test.node}}
			expected := []plan.Diagnosis{{Pod: test.pod, Main: want, Nodes: map[plan.Constraint]int{want: 1}}}
			if diff := cmp.Diff(expected, plan.Diagnose(s)); diff != "" {
				t.Errorf("diagnosis (-want +got):\n%s", diff)
			}
			roomy := running("roomy", pod("db", nil, labelled("app", "db")))
			if want == plan.ConstraintAntiAffinity {
				roomy = running("roomy")
				roomy.Labels[corev1.LabelTopologyZone] = "b"
			}
			roomy.Labels["disk"], roomy.Labels["rack"] = "ssd", "1"
			roomy.Allocatable = resources("cpu", "8", "memory", "32Gi", "pods", "20", "example.com/gpu", "2", "ephemeral-storage", "20Gi")
			s.Nodes = append(s.Nodes, roomy)
			if got := plan.Diagnose(s)[0]; (got.Node == "roomy") != (want != plan.ConstraintVolume) {
				t.Errorf("with a node that has a place: %+v", got)
			}
		})
	}
}

func TestAPodThatClaimsADeviceLacksAnExtendedResource(t *testing.T) {
	s := &plan.Snapshot{Pods: []*corev1.Pod{pod("p", nil, claimingDevice)}, Nodes: []plan.Node{running("a"), running("b")}}
	got := plan.Diagnose(s)[0]
	if got.Main != plan.ConstraintExtendedResource || got.Nodes[plan.ConstraintExtendedResource] != 2 {
		t.Errorf("diagnosis %+v", got)
	}
}

func TestTheMainConstraintIsThatOfNodesMeantForThePod(t *testing.T) {
	full := pod("r", resources("cpu", "4", "memory", "1Gi"))
	tainted := func(name string) plan.Node {
		n := running(name)
		n.Taints = []corev1.Taint{{Key: "own", Effect: corev1.TaintEffectNoSchedule}}
		return n
	}
	tests := map[string]struct {
		nodes []plan.Node
		want  plan.Constraint
		count map[plan.Constraint]int
	}{
		"one full node among many for others": {
			[]plan.Node{tainted("a"), tainted("b"), running("c", full)},
			plan.ConstraintCPU, map[plan.Constraint]int{plan.ConstraintTaint: 2, plan.ConstraintCPU: 1},
		},
		"more nodes lack memory than cores": {
			[]plan.Node{running("a", full), running("b", pod("r", resources("memory", "16Gi"))), running("c", pod("r", resources("memory", "16Gi")))},
			plan.ConstraintMemory, map[plan.Constraint]int{plan.ConstraintCPU: 1, plan.ConstraintMemory: 2},
		},
		"all nodes are for others": {[]plan.Node{tainted("a")}, plan.ConstraintTaint, map[plan.Constraint]int{plan.ConstraintTaint: 1}},
		"there is no node":         {nil, plan.ConstraintUnknown, map[plan.Constraint]int{}},
		"nodes on their way do not count": {
			[]plan.Node{running("a", full), node("b", func(n *plan.Node) { n.InFlight = true })},
			plan.ConstraintCPU, map[plan.Constraint]int{plan.ConstraintCPU: 1},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := pod("p", resources("cpu", "1", "memory", "1Gi"))
			got := plan.Diagnose(&plan.Snapshot{Pods: []*corev1.Pod{p}, Nodes: test.nodes})
			if diff := cmp.Diff([]plan.Diagnosis{{Pod: p, Main: test.want, Nodes: test.count}}, got); diff != "" {
				t.Errorf("diagnosis (-want +got):\n%s", diff)
			}
		})
	}
}

// The last places go to some pods of a crowd; the others are told what keeps them off, not that there is room.
func TestPodsOfACrowdAreDiagnosedWithTheRoomThatTheOthersLeave(t *testing.T) {
	s := &plan.Snapshot{Pods: manyPods(6, resources("cpu", "1")), Nodes: []plan.Node{running("n")}}
	fit := 0
	for _, d := range plan.Diagnose(s) {
		switch {
		case d.Node == "n":
			fit++
		case d.Main != plan.ConstraintCPU:
			t.Errorf("diagnosis of %s: %+v", d.Pod.Name, d)
		}
	}
	if fit != 4 {
		t.Errorf("%d pods fit on four cores", fit)
	}
}

// Who gets the last place depends on what may still be bought, for which nodes on their way count.
func TestTheLastPlaceGoesToThePodThatThePlanGivesItTo(t *testing.T) {
	s := &plan.Snapshot{
		Pods:      []*corev1.Pod{pod("big", resources("cpu", "3")), pod("bound-to-the-zone", resources("cpu", "2"), selecting(corev1.LabelTopologyZone, "a"))},
		Nodes:     []plan.Node{running("n"), node("coming", func(n *plan.Node) { n.InFlight, n.Allocatable = true, resources("cpu", "1", "pods", "10") })},
		Groups:    []plan.Group{group("g", nil)},
		Offerings: []plan.Offering{offering("o", "4", "16Gi", cents(1))},
		Limits:    plan.Limits{MaxNodes: 2},
	}
	want := placement(plan.Make(s))
	got := map[string]string{}
	for _, d := range plan.Diagnose(s) {
		if d.Node != "" {
			got[d.Pod.Name] = d.Node
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 1 {
		t.Errorf("places (-planned +diagnosed):\n%s", diff)
	}
}

func TestPodsThatAskForNoNodeAreNotDiagnosed(t *testing.T) {
	s := &plan.Snapshot{Nodes: []plan.Node{running("n")}, Pods: []*corev1.Pod{
		pod("bound", nil, func(p *corev1.Pod) { p.Spec.NodeName = "n" }),
		pod("gated", nil, func(p *corev1.Pod) { p.Spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: "g"}} }),
	}}
	if got := plan.Diagnose(s); len(got) != 0 {
		t.Errorf("diagnoses: %+v", got)
	}
}

// BenchmarkDiagnose diagnoses a crowd on full nodes, by a planner that knows them.
func BenchmarkDiagnose(b *testing.B) {
	for _, w := range []workload{
		{name: "10,000 pods of one kind on 500 nodes", pods: 10_000, kinds: 1, nodes: 500},
		{name: "10,000 pods of 500 kinds on 500 nodes", pods: 10_000, kinds: 500, nodes: 500},
		{name: "10,000 pods of 500 kinds on 5,000 nodes", pods: 10_000, kinds: 500, nodes: 5000},
		{name: "10,000 pods of 500 spread kinds on 500 nodes", pods: 10_000, kinds: 500, rules: true, nodes: 500},
	} {
		b.Run(w.name, func(b *testing.B) {
			s := generate(w)
			for i := range s.Nodes {
				s.Nodes[i].Pods = append(s.Nodes[i].Pods, sized(fmt.Sprint("last-", i), 3500, 1<<30, ""))
				for j, running := range s.Nodes[i].Pods {
					running.UID, running.ResourceVersion = running.UID+"-"+running.UID, fmt.Sprint(j+1)
				}
			}
			var planner plan.Planner
			b.ReportAllocs()
			for b.Loop() {
				if found := planner.Diagnose(s); len(found) != w.pods {
					b.Fatalf("%d diagnoses", len(found))
				}
			}
		})
	}
}
