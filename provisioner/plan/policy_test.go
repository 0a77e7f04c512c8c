package plan_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

func priority(n int32) podOption { return func(p *corev1.Pod) { p.Spec.Priority = &n } }

// preferring gives a pod a preference of each kind for zone c.
func preferring(p *corev1.Pod) {
	affinity(p).NodeAffinity = &corev1.NodeAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.PreferredSchedulingTerm{
		{Weight: 1, Preference: label(zone, corev1.NodeSelectorOpIn, "b")}, {Weight: 9, Preference: label(zone, corev1.NodeSelectorOpIn, "c")},
	}}
}

func TestPreferencesAreHonouredForASmallPrice(t *testing.T) {
	one := resources("cpu", "4")
	for _, test := range []struct {
		name  string
		pods  []*corev1.Pod
		share float64
		zones map[string]int
	}{
		{name: "a fifth dearer and a fifth allowed", pods: manyPods(2, one, preferring), share: 0.2, zones: map[string]int{"c": 2}},
		{name: "a fifth dearer and a tenth allowed", pods: manyPods(2, one, preferring), share: 0.1, zones: map[string]int{"a": 2}},
		{name: "soft spread", share: 0.1, zones: map[string]int{"a": 1, "b": 1, "c": 1},
			pods: manyPods(3, one, labelled("app", "web"), spread(zone, 1, corev1.ScheduleAnyway))},
		{name: "soft spread that costs too much", share: 0.05, zones: map[string]int{"a": 3},
			pods: manyPods(3, one, labelled("app", "web"), spread(zone, 1, corev1.ScheduleAnyway))},
		{name: "a preference that cannot be had", share: 1, zones: map[string]int{"a": 2}, pods: manyPods(2, one, func(p *corev1.Pod) {
			preferring(p)
			p.Spec.Affinity.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution[1].Preference = label(zone, corev1.NodeSelectorOpIn, "moon")
		})},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := plan.Make(&plan.Snapshot{Pods: test.pods, Offerings: threeZones(), Groups: []plan.Group{group("g", nil)},
				Policy: plan.Policy{PreferenceShare: test.share}})
			if got := zones(p); !equalCounts(got, test.zones) || len(p.Left) > 0 {
				t.Errorf("pods by zone: got %v and left %v, want %v", got, p.Left, test.zones)
			}
		})
	}
}

func TestImportantPodsComeFirst(t *testing.T) {
	// Given room for one node only, and more pods than it holds.
	pods := append(manyPods(4, resources("cpu", "1"), priority(1)), pod("vip", resources("cpu", "4"), priority(1000)))
	p := plan.Make(&plan.Snapshot{Pods: pods, Offerings: threeZones(), Groups: []plan.Group{group("g", func(g *plan.Group) { g.Max = 1 })}})
	// Then the important pod gets it.
	if len(p.NewNodes) != 1 || len(p.NewNodes[0].Pods) != 1 || p.NewNodes[0].Pods[0].Name != "vip" {
		t.Fatalf("bought %v, left %v, want one node for vip", bought(p), p.Left)
	}
	for _, left := range p.Left {
		if left.Reason != plan.ReasonGroupLimit {
			t.Errorf("pod %s: got %s, want %s", left.Pod.Name, left.Reason, plan.ReasonGroupLimit)
		}
	}
}

func TestPodsThatGetNoNode(t *testing.T) {
	cutoff := int32(-10)
	for _, test := range []struct {
		name   string
		option podOption
		want   plan.Reason
	}{
		{"bound", func(p *corev1.Pod) { p.Spec.NodeName = "n1" }, plan.ReasonNotPending},
		{"being deleted", func(p *corev1.Pod) { p.DeletionTimestamp = new(metav1.Now()) }, plan.ReasonNotPending},
		{"finished", func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }, plan.ReasonNotPending},
		{"mirror", func(p *corev1.Pod) { p.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: "x"} }, plan.ReasonNotPending},
		{"other scheduler", func(p *corev1.Pod) { p.Spec.SchedulerName = "batch" }, plan.ReasonOtherScheduler},
		{"gated", func(p *corev1.Pod) { p.Spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: "quota"}} }, plan.ReasonSchedulingGated},
		{"device claim", func(p *corev1.Pod) { p.Spec.ResourceClaims = []corev1.PodResourceClaim{{Name: "gpu"}} }, plan.ReasonResourceClaims},
		{"unknown claim", func(p *corev1.Pod) {
			p.Spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "none"}}}}
		}, plan.ReasonVolumes},
		{"below the cutoff", priority(-11), plan.ReasonBelowCutoff},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := plan.Make(&plan.Snapshot{Pods: manyPods(1, resources("cpu", "1"), test.option), Offerings: threeZones(),
				Groups: []plan.Group{group("g", nil)},
				Policy: plan.Policy{SchedulerNames: []string{corev1.DefaultSchedulerName}, PriorityCutoff: &cutoff}})
			if left := onlyLeft(t, p); left.Reason != test.want || left.Message == "" || len(p.NewNodes) > 0 {
				t.Errorf("got %s %q and %v, want %s and no node", left.Reason, left.Message, bought(p), test.want)
			}
		})
	}
}

func TestPreemptionBuysNoNode(t *testing.T) {
	// Given a full node with a pod of low priority.
	full := node("n1", func(n *plan.Node) { n.Pods = []*corev1.Pod{pod("low", resources("cpu", "4"), priority(1))} })
	never := corev1.PreemptNever
	for _, test := range []struct {
		name   string
		option podOption
		nodes  int
	}{
		{"not tried yet", func(*corev1.Pod) {}, 0},
		{"refused by the scheduler, which preempts in the same cycle", func(p *corev1.Pod) {
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable}}
		}, 1},
		{"never preempts", func(p *corev1.Pod) { p.Spec.PreemptionPolicy = &never }, 1},
		{"no more important", priority(1), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := plan.Make(&plan.Snapshot{Pods: manyPods(1, resources("cpu", "2"), priority(1000), test.option), Nodes: []plan.Node{full},
				Offerings: threeZones(), Groups: []plan.Group{group("g", nil)}})
			if len(p.NewNodes) != test.nodes {
				t.Fatalf("bought %v, want %d nodes", bought(p), test.nodes)
			}
			if test.nodes == 0 && onlyLeft(t, p).Reason != plan.ReasonPreemption {
				t.Errorf("got %v, want %s", p.Left, plan.ReasonPreemption)
			}
		})
	}
}

func TestGroupsWithAHigherPriorityAreUsedFirst(t *testing.T) {
	groups := []plan.Group{
		group("cheap", func(g *plan.Group) { g.OfferingIDs = []string{"a4"} }),
		group("first", func(g *plan.Group) { g.OfferingIDs, g.Priority, g.Max = []string{"c4"}, 10, 1 }),
	}
	p := plan.Make(&plan.Snapshot{Pods: manyPods(2, resources("cpu", "4")), Offerings: threeZones(), Groups: groups})
	if got := zones(p); !equalCounts(got, map[string]int{"a": 1, "c": 1}) {
		t.Errorf("pods by zone: got %v, want one in c, which comes first but may have one node only, and one in a", got)
	}
}

func TestThePreferredOfferingMayCostMore(t *testing.T) {
	for share, want := range map[float64]string{0.25: "c4", 0.15: "a4"} {
		p := plan.Make(&plan.Snapshot{Pods: manyPods(1, resources("cpu", "4")), Offerings: threeZones(),
			Groups: []plan.Group{group("g", func(g *plan.Group) { g.PreferredOfferingID = "c4" })}, Policy: plan.Policy{PreferenceShare: share}})
		if got := bought(p); len(got) != 1 || got[0] != want {
			t.Errorf("share %v: bought %v, want %s", share, got, want)
		}
	}
}

func TestNodesThatLeaveCountAgainstTheLimits(t *testing.T) {
	for name, limits := range map[string]plan.Limits{"nodes": {MaxNodes: 3}, "cores": {MaxResources: resources("cpu", "12")}} {
		t.Run(name, func(t *testing.T) {
			p := plan.Make(&plan.Snapshot{Pods: manyPods(3, resources("cpu", "4")), Leaving: []corev1.ResourceList{resources("cpu", "4")},
				Offerings: threeZones()[:1], Groups: []plan.Group{group("g", nil)}, Limits: limits})
			if left := onlyLeft(t, p); len(p.NewNodes) != 2 || left.Reason != plan.ReasonClusterLimit {
				t.Errorf("bought %v and left %s, want 2 nodes and %s", bought(p), left.Reason, plan.ReasonClusterLimit)
			}
		})
	}
}

func TestLimitsOfTheCluster(t *testing.T) {
	for _, test := range []struct {
		name   string
		limits plan.Limits
	}{
		{"nodes", plan.Limits{MaxNodes: 3}},
		{"cores", plan.Limits{MaxResources: resources("cpu", "13")}},
		{"memory", plan.Limits{MaxResources: resources("memory", "50Gi")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			// Given one node of 4 cores and 16Gi that is full, and a limit that leaves room for two more.
			full := node("n1", func(n *plan.Node) { n.Pods = manyPods(1, resources("cpu", "4")) })
			p := plan.Make(&plan.Snapshot{Pods: manyPods(3, resources("cpu", "4")), Nodes: []plan.Node{full}, Offerings: threeZones()[:1],
				Groups: []plan.Group{group("g", nil)}, Limits: test.limits})
			if left := onlyLeft(t, p); len(p.NewNodes) != 2 || left.Reason != plan.ReasonClusterLimit {
				t.Errorf("bought %v and left %s %q, want 2 nodes and %s", bought(p), left.Reason, left.Message, plan.ReasonClusterLimit)
			}
		})
	}
}
