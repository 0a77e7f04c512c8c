package plan_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// cheapest tries every way to share the pods among machines and gives the lowest price, or -1 when there is none.
// It is the truth for small snapshots with a single group.
func cheapest(s *plan.Snapshot) money.PerHour {
	n := len(s.Pods)
	best, one := make([]money.PerHour, 1<<n), make([]money.PerHour, 1<<n)
	for set := 1; set < 1<<n; set++ {
		best[set], one[set] = -1, cheapestMachine(s, set)
		for part := set; part > 0; part = (part - 1) & set {
			rest, machine := best[set&^part], one[part]
			if rest >= 0 && machine >= 0 && (best[set] < 0 || rest+machine < best[set]) {
				best[set] = rest + machine
			}
		}
	}
	return best[1<<n-1]
}

func cheapestMachine(s *plan.Snapshot, set int) money.PerHour {
	var pods []*corev1.Pod
	for i, p := range s.Pods {
		if set&(1<<i) != 0 {
			pods = append(pods, p)
		}
	}
	price := money.PerHour(-1)
	for i := range s.Offerings {
		o := &s.Offerings[i]
		labels, daemons := machine(s, &s.Groups[0], o)
		ok := !o.SoldOut && sells(&s.Groups[0], o) && roomFor(o.Allocatable, daemons, pods) == nil
		for _, p := range pods {
			ok = ok && admitted(p, labels, s.Groups[0].Taints)
		}
		if ok && (price < 0 || o.Price < price) {
			price = o.Price
		}
	}
	return price
}

func TestLowerBoundIsBelowTheCheapestPlan(t *testing.T) {
	judged, tight, optimal := 0, 0, 0
	for seed := range uint64(1500) {
		r := random{rand.New(rand.NewPCG(seed, 3))}
		s := &plan.Snapshot{Groups: []plan.Group{group("g", func(g *plan.Group) { g.Max = 100 })}}
		for i := range 1 + r.IntN(4) {
			o := r.offering(i)
			o.DatacenterID = "dc1"
			s.Offerings = append(s.Offerings, o)
		}
		if r.one(3) { // which may ask for more than some machine has
			s.Daemons = append(s.Daemons, pod("daemon", resources("cpu", fmt.Sprint(r.IntN(8)))))
		}
		for i := range 1 + r.IntN(7) {
			s.Pods = append(s.Pods, r.pod(string(rune('a'+i)), 5000))
		}
		truth := cheapest(s)
		if truth < 0 {
			continue
		}
		p := plan.Make(s)
		if p.LowerBound > truth || p.Price < truth || len(p.Left) > 0 {
			t.Fatalf("seed %d: bound %v, truth %v, price %v, %d pods left", seed, p.LowerBound, truth, p.Price, len(p.Left))
		}
		judged++
		if p.LowerBound > truth*9/10 {
			tight++
		}
		if p.Price == truth {
			optimal++
		}
	}
	t.Logf("of %d snapshots, %d bounds are within a tenth of the truth and %d plans are as cheap as can be", judged, tight, optimal)
	if judged < 300 || tight < judged*4/10 || optimal < judged*8/10 {
		t.Errorf("of %d snapshots, %d bounds are tight and %d plans are as cheap as can be; want at least 300, two fifths and four fifths", judged, tight, optimal)
	}
}

func TestLowerBoundOfEqualPodsCountsWholePods(t *testing.T) {
	// Three pods of 2 cores leave a core of each 7-core machine unused, which no sum of resources can see.
	got := plan.Make(&plan.Snapshot{Pods: manyPods(30, resources("cpu", "2")), Groups: []plan.Group{group("g", nil)},
		Offerings: []plan.Offering{offering("seven", "7", "64Gi", cents(7))}})
	if got.Price != cents(70) || got.LowerBound < cents(70)-100 {
		t.Errorf("got price %v and bound %v, want both %v", got.Price, got.LowerBound, cents(70))
	}
}

func TestLowerBoundWithDaemonLargerThanTheMachine(t *testing.T) {
	arm := offering("arm", "2", "16Gi", cents(10))
	arm.Labels = map[string]string{corev1.LabelArchStable: "arm64"}
	onArm := selecting(corev1.LabelArchStable, "arm64")
	got := plan.Make(&plan.Snapshot{
		Pods:      append(manyPods(4, resources("memory", "16Gi"), onArm), pod("x86", resources("cpu", "13", "memory", "4Gi"))),
		Daemons:   []*corev1.Pod{pod("daemon", resources("cpu", "3"))},
		Groups:    []plan.Group{group("g", nil)},
		Offerings: []plan.Offering{arm, offering("x86", "16", "4Gi", cents(10))},
	})
	if got.Price != cents(50) || got.LowerBound > cents(50) || len(got.Left) > 0 {
		t.Errorf("got price %v and bound %v with %d left, want a bound of at most %v and none left", got.Price, got.LowerBound, len(got.Left), cents(50))
	}
}
