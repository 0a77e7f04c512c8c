package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

func TestDesiredSize(t *testing.T) {
	tests := []struct {
		name  string
		pods  []*corev1.Pod
		group func(*plan.Group)
		want  []string
	}{
		{"given fewer nodes than desired, then the cheapest are added", nil,
			func(g *plan.Group) { g.Desired, g.Nodes = 3, 1 }, []string{"small", "small"}},
		{"given nodes for pods, then they count", manyPods(4, resources("cpu", "1")),
			func(g *plan.Group) { g.Desired = 2 }, []string{"medium", "small"}},
		{"given enough nodes, then none is added", nil,
			func(g *plan.Group) { g.Desired, g.Nodes = 3, 3 }, nil},
		{"given more nodes than desired, then none is added", nil,
			func(g *plan.Group) { g.Desired, g.Nodes = 3, 4 }, nil},
		{"given scale-up switched off, then nodes are added all the same", nil,
			func(g *plan.Group) { g.Desired, g.ScaleUp = 1, false }, []string{"small"}},
		{"given a desired size above the maximum, then the maximum holds", nil,
			func(g *plan.Group) { g.Desired, g.Max = 3, 2 }, []string{"small", "small"}},
		{"given a group with some offerings, then the cheapest of them", nil,
			func(g *plan.Group) { g.Desired, g.OfferingIDs = 1, []string{"large", "medium"} }, []string{"medium"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := plan.Make(&plan.Snapshot{Pods: tt.pods, Groups: []plan.Group{group("g", tt.group)}, Offerings: market()})
			if diff := cmp.Diff(tt.want, bought(got)); diff != "" {
				t.Errorf("bought (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDesiredSizeWithCheapestSoldOut(t *testing.T) {
	offers := market()
	offers[0].SoldOut = true
	s := &plan.Snapshot{Groups: []plan.Group{group("g", func(g *plan.Group) { g.Desired = 1 })}, Offerings: offers}
	got := plan.Make(s)
	want := []plan.NewNode{{GroupKey: "default/g", Offering: &offers[1], Considered: []plan.Considered{
		{Offering: &offers[0], Verdict: "sold out"}, {Offering: &offers[1], Verdict: plan.VerdictChosen},
	}}}
	if diff := cmp.Diff(want, got.NewNodes); diff != "" {
		t.Errorf("new nodes (-want +got):\n%s", diff)
	}
	if got.Price != cents(4) || got.LowerBound != 0 {
		t.Errorf("got price %v and bound %v, want %v and none, for there are no pods", got.Price, got.LowerBound, cents(4))
	}
}
