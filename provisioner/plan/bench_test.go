package plan_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// workload is a generated input of one shape.
type workload struct {
	name  string
	pods  int
	kinds int // of pods with different requests
	zones bool
	rules bool // every kind is a Deployment that is spread over zones, and half of them have one pod a host
	nodes int  // existing nodes, each with twenty running pods
	// ratio is the most that the plan may cost in terms of its own lower bound: what it was when it was last improved, rounded up.
	// Zero leaves the workload to the benchmarks.
	ratio float64
}

var workloads = []workload{
	{name: "500 equal pods", pods: 500, kinds: 1, ratio: 1.005},
	{name: "2,000 pods of 2,000 kinds", pods: 2000, kinds: 2000, ratio: 1.035},
	{name: "10,000 pods of 200 kinds in zones", pods: 10000, kinds: 200, zones: true, ratio: 1.02},
	{name: "50,000 pods of 500 kinds", pods: 50000, kinds: 500},
	{name: "3,000 pods of 150 spread Deployments", pods: 3000, kinds: 150, rules: true},
	{name: "1,000 pods on 5,000 nodes", pods: 1000, kinds: 50, nodes: 5000},
}

// generate draws the same snapshot for the same workload: forty sizes of machines in three zones, the larger the cheaper for a core
// up to a point, and pods from a tenth of a core to eight cores.
func generate(w workload) *plan.Snapshot {
	r := rand.New(rand.NewPCG(7, uint64(w.pods)))
	s := &plan.Snapshot{Offerings: machines(r), Groups: []plan.Group{group("g", func(g *plan.Group) { g.Max = 1 << 20 })}}
	kinds := make([]func(string) *corev1.Pod, w.kinds)
	for i := range kinds {
		cpu := int64(100 * (1 << r.IntN(6)) * (10 + r.IntN(10)) / 10)
		memory := cpu * (1 + r.Int64N(8)) << 20
		zone := ""
		if w.zones && r.IntN(3) == 0 {
			zone = fmt.Sprint("zone-", r.IntN(3))
		}
		kinds[i] = func(name string) *corev1.Pod {
			p := sized(name, cpu, memory, zone)
			if w.rules {
				ruled(p, fmt.Sprint("app-", i), i%2 == 0)
			}
			return p
		}
	}
	for i := range w.pods {
		s.Pods = append(s.Pods, kinds[i%len(kinds)](fmt.Sprintf("waiting-%05d", i)))
	}
	for i := range w.nodes {
		s.Nodes = append(s.Nodes, node(fmt.Sprintf("node-%05d", i), func(n *plan.Node) {
			n.Allocatable["pods"] = resource.MustParse("110")
			for j := range 20 {
				n.Pods = append(n.Pods, sized(fmt.Sprint("running-", j), 100+r.Int64N(100), 512<<20, ""))
			}
		}))
	}
	return s
}

func sized(name string, milliCPU, memory int64, zone string) *corev1.Pod {
	p := pod(name, corev1.ResourceList{
		corev1.ResourceCPU: *resource.NewMilliQuantity(milliCPU, resource.DecimalSI), corev1.ResourceMemory: *resource.NewQuantity(memory, resource.BinarySI),
	})
	if zone != "" {
		selecting(corev1.LabelTopologyZone, zone)(p)
	}
	return p
}

// ruled makes a pod one of a Deployment that is spread over zones, and maybe over hosts.
func ruled(p *corev1.Pod, app string, alone bool) {
	labelled("app", app)(p)
	spread(corev1.LabelTopologyZone, 1, corev1.DoNotSchedule)(p)
	p.Spec.TopologySpreadConstraints[0].LabelSelector = selector("app", app)
	if alone {
		away(corev1.LabelHostname, app)(p)
	}
}

func machines(r *rand.Rand) []plan.Offering {
	var list []plan.Offering
	for _, cores := range []int64{1, 2, 4, 6, 8, 12, 16, 24, 32, 48} {
		for _, perCore := range []int64{1, 2, 4, 8} {
			price := (10500*cores + 3600*cores*perCore + 1500) * (97 + r.Int64N(7)) * 10
			for zone := range 3 {
				o := offering(fmt.Sprintf("c%02d-m%d-z%d", cores, perCore, zone), "1", "1Gi", money.PerHour(price*int64(100+zone)/100))
				o.Allocatable[corev1.ResourceCPU] = *resource.NewMilliQuantity(cores*1000-300, resource.DecimalSI)
				o.Allocatable[corev1.ResourceMemory] = *resource.NewQuantity((cores*perCore<<30)-(512<<20), resource.BinarySI)
				o.Labels = map[string]string{corev1.LabelTopologyZone: fmt.Sprint("zone-", zone)}
				list = append(list, o)
			}
		}
	}
	return list
}

func TestPlansAreCheap(t *testing.T) {
	for _, w := range workloads {
		if w.ratio == 0 {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			p := plan.Make(generate(w))
			if ratio := float64(p.Price) / float64(p.LowerBound); ratio > w.ratio || len(p.Left) > 0 {
				t.Errorf("got %.4f times the lower bound with %d pods left, want at most %.4f and none", ratio, len(p.Left), w.ratio)
			}
		})
	}
}

func BenchmarkMake(b *testing.B) {
	for _, w := range workloads {
		b.Run(w.name, func(b *testing.B) {
			s := generate(w)
			b.ReportAllocs()
			for b.Loop() {
				p := plan.Make(s)
				b.ReportMetric(float64(p.Price)/float64(p.LowerBound), "price/bound")
			}
		})
	}
}

// BenchmarkNextPlan plans for 5,000 nodes with 100,000 pods of which one in a hundred has changed since the last plan.
func BenchmarkNextPlan(b *testing.B) {
	s := generate(workloads[len(workloads)-1])
	for i := range s.Nodes {
		for j, pod := range s.Nodes[i].Pods {
			pod.UID, pod.ResourceVersion = types.UID(fmt.Sprint(i, "-", j)), "1"
		}
	}
	var planner plan.Planner
	planner.Make(s)
	b.ReportAllocs()
	for round := 0; b.Loop(); round++ {
		for i := round % 100; i < len(s.Nodes); i += 100 {
			for _, pod := range s.Nodes[i].Pods {
				pod.ResourceVersion = fmt.Sprint("round-", round)
			}
		}
		planner.Make(s)
	}
}

func BenchmarkGroupPods(b *testing.B) {
	for _, w := range workloads {
		b.Run(w.name, func(b *testing.B) {
			s := generate(w)
			b.ReportAllocs()
			for b.Loop() {
				if plan.GroupPods(s) == 0 {
					b.Fatal("no classes")
				}
			}
		})
	}
}

func BenchmarkPack(b *testing.B) {
	for _, w := range workloads {
		b.Run(w.name, func(b *testing.B) {
			pack := plan.Packing(generate(w))
			b.ReportAllocs()
			for b.Loop() {
				if pack() == 0 {
					b.Fatal("nothing bought")
				}
			}
		})
	}
}
