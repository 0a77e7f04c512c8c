package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// market is three sizes whose price for a core falls, rises and falls again less than it rose.
func market() []plan.Offering {
	return []plan.Offering{
		offering("small", "2", "8Gi", cents(3)), offering("medium", "4", "16Gi", cents(4)), offering("large", "16", "64Gi", cents(18)),
	}
}

func TestBuying(t *testing.T) {
	soldOut := func(id string) []plan.Offering {
		offers := market()
		for i := range offers {
			offers[i].SoldOut = offers[i].ID == id
		}
		return offers
	}
	gpu := offering("gpu", "4", "16Gi", cents(50))
	gpu.Allocatable["example.com/gpu"] = resources("g", "2")["g"]
	elsewhere := offering("elsewhere", "16", "64Gi", cents(1))
	elsewhere.DatacenterID = "dc2"
	tests := []struct {
		name   string
		pods   []*corev1.Pod
		offers []plan.Offering
		group  func(*plan.Group)
		want   []string
		left   int
	}{
		{"given one small pod, then the cheapest node that holds it", manyPods(1, resources("cpu", "1")), market(), nil, []string{"small"}, 0},
		{"given many pods, then the nodes with the best price for the work", manyPods(16, resources("cpu", "1")), market(), nil,
			[]string{"medium", "medium", "medium", "medium"}, 0},
		{"given a remainder, then a smaller node for it", manyPods(5, resources("cpu", "1")), market(), nil, []string{"medium", "small"}, 0},
		{"given a big pod, then the node that holds it", manyPods(1, resources("cpu", "10")), market(), nil, []string{"large"}, 0},
		{"given room beside a big pod, then small ones share its node",
			append(manyPods(6, resources("cpu", "1")), pod("big", resources("cpu", "10"))), market(), nil, []string{"large"}, 0},
		{"given a sold-out offering, then the next best", manyPods(1, resources("cpu", "1")), soldOut("small"), nil, []string{"medium"}, 0},
		{"given a group that allows some offerings, then one of them", manyPods(1, resources("cpu", "1")), market(),
			func(g *plan.Group) { g.OfferingIDs = []string{"large"} }, []string{"large"}, 0},
		{"given a cheap offering in another data centre, then not that one", manyPods(1, resources("cpu", "1")), append(market(), elsewhere), nil,
			[]string{"small"}, 0},
		{"given a pod that asks for a device, then a node that has it", manyPods(3, resources("cpu", "1", "example.com/gpu", "1")),
			append(market(), gpu), nil, []string{"gpu", "gpu"}, 0},
		{"given pods that ask for nothing, then pod slots decide", manyPods(111, nil), market(), nil, []string{"small", "small"}, 0},
		{"given a group that may not grow, then nothing", manyPods(1, resources("cpu", "1")), market(),
			func(g *plan.Group) { g.ScaleUp = false }, nil, 1},
		{"given room for one node, then the one that holds all pods and not the cheapest for the work", manyPods(16, resources("cpu", "1")), market(),
			func(g *plan.Group) { g.Nodes = 9 }, []string{"large"}, 0},
		{"given room for one node and few pods, then still the cheapest that holds them", manyPods(3, resources("cpu", "1")), market(),
			func(g *plan.Group) { g.Nodes = 9 }, []string{"medium"}, 0},
		{"given room for one node, then not a larger one than the pods need", manyPods(10, resources("cpu", "1")),
			append(market(), offering("ten", "10", "64Gi", cents(12))), func(g *plan.Group) { g.Nodes = 9 }, []string{"ten"}, 0},
		{"given too little room, then as many pods as possible", manyPods(40, resources("cpu", "1")), market(),
			func(g *plan.Group) { g.Nodes = 8 }, []string{"large", "large"}, 8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := plan.Make(&plan.Snapshot{Pods: tt.pods, Groups: []plan.Group{group("g", tt.group)}, Offerings: tt.offers})
			if diff := cmp.Diff(tt.want, bought(got)); diff != "" {
				t.Errorf("bought (-want +got):\n%s", diff)
			}
			if len(got.Left) != tt.left {
				t.Errorf("left: got %d pods, want %d", len(got.Left), tt.left)
			}
		})
	}
}

func TestNewNodeNamesItsGroupOfferingAndPods(t *testing.T) {
	s := &plan.Snapshot{Pods: manyPods(2, resources("cpu", "2")), Groups: []plan.Group{group("g", nil)}, Offerings: market()}
	got := plan.Make(s)
	want := []plan.NewNode{{GroupKey: "default/g", Offering: &s.Offerings[1], Pods: s.Pods}}
	if diff := cmp.Diff(want, withoutRecords(got.NewNodes)); diff != "" {
		t.Errorf("new nodes (-want +got):\n%s", diff)
	}
	if got.NewNodes[0].Offering != &s.Offerings[1] {
		t.Error("the offering does not point into the snapshot")
	}
	if got.Price != cents(4) {
		t.Errorf("price: got %v, want %v", got.Price, cents(4))
	}
}

func withoutRecords(nodes []plan.NewNode) []plan.NewNode {
	for i := range nodes {
		nodes[i].Considered = nil
	}
	return nodes
}

func TestDaemonsOnNewNodes(t *testing.T) {
	arm := map[string]string{corev1.LabelArchStable: "arm64"}
	armOffer := offering("arm", "4", "16Gi", cents(3))
	armOffer.Labels = arm
	onX86 := pod("agent", resources("cpu", "1"), requiring(label(corev1.LabelArchStable, corev1.NodeSelectorOpNotIn, "arm64")))
	tests := []struct {
		name    string
		daemons []*corev1.Pod
		offers  []plan.Offering
		want    []string
	}{
		{"given no DaemonSet, then all of the node is for pods", nil, market(), []string{"medium"}},
		{"given a DaemonSet, then a larger node", []*corev1.Pod{pod("agent", resources("cpu", "1"))}, market(), []string{"large"}},
		{"given a DaemonSet that keeps off some machines, then those have all their room", []*corev1.Pod{onX86},
			append(market(), armOffer), []string{"arm"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := plan.Make(&plan.Snapshot{Pods: manyPods(1, resources("cpu", "4")), Daemons: tt.daemons,
				Groups: []plan.Group{group("g", nil)}, Offerings: tt.offers})
			if diff := cmp.Diff(tt.want, bought(got)); diff != "" {
				t.Errorf("bought (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGroupsShareTheWork(t *testing.T) {
	cheap := group("cheap", func(g *plan.Group) { g.OfferingIDs, g.Nodes = []string{"medium"}, 8 })
	dear := group("dear", func(g *plan.Group) { g.OfferingIDs = []string{"small"} })
	got := plan.Make(&plan.Snapshot{Pods: manyPods(12, resources("cpu", "1")), Groups: []plan.Group{dear, cheap}, Offerings: market()})
	if diff := cmp.Diff([]string{"medium", "medium", "small", "small"}, bought(got)); diff != "" {
		t.Errorf("bought (-want +got):\n%s", diff)
	}
	if want := 2*cents(4) + 2*cents(3); got.Price != want || len(got.Left) != 0 {
		t.Errorf("got %v with %d left, want %v and none left", got.Price, len(got.Left), want)
	}
}

func TestPlanLimit(t *testing.T) {
	got := plan.Make(&plan.Snapshot{Pods: manyPods(20, resources("cpu", "1")), Limits: plan.Limits{MaxNewNodes: 1},
		Groups: []plan.Group{group("g", func(g *plan.Group) { g.Desired = 5 })}, Offerings: market()})
	if diff := cmp.Diff([]string{"large"}, bought(got)); diff != "" {
		t.Errorf("bought (-want +got):\n%s", diff)
	}
	for _, left := range got.Left {
		if left.Reason != plan.ReasonClusterLimit {
			t.Errorf("reason of %s: got %s, want %s", left.Pod.Name, left.Reason, plan.ReasonClusterLimit)
		}
	}
	if len(got.Left) != 4 {
		t.Errorf("left: got %d pods, want 4", len(got.Left))
	}
}
