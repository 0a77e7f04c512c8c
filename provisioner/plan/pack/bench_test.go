package pack_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/pack"
)

// workload is a generated problem of one shape.
type workload struct {
	name         string
	seed         uint64
	items, kinds int
	zoned        bool // a third of the kinds may be in one zone only
	cliques      int  // kinds are in so many cliques of kinds that exclude each other, one item a machine
	machines     int  // that may be bought; zero means any number
	// gap is the most that the cost may exceed the bound, as a share: what it was when it was last improved, rounded up.
	gap float64
}

var workloads = []workload{
	{name: "10 items of 4 kinds", items: 10, kinds: 4, zoned: true, gap: 0},
	{name: "20 items of 6 kinds", items: 20, kinds: 6, zoned: true, gap: 0},
	{name: "40 items of 12 kinds", items: 40, kinds: 12, gap: 0.046},
	{name: "150 items of 20 kinds", items: 150, kinds: 20, gap: 0.04},
	{name: "500 equal items", items: 500, kinds: 1, gap: 0},
	{name: "2,000 items of 2,000 kinds", items: 2000, kinds: 2000, gap: 0.023},
	{name: "2,000 items on few machines", items: 2000, kinds: 300, machines: 100, gap: 0.05},
	{name: "5,000 items that spread", items: 5000, kinds: 450, cliques: 4, gap: 0.07},
	{name: "10,000 items of 200 kinds in zones", items: 10000, kinds: 200, zoned: true, gap: 0.03},
	{name: "50,000 items of 500 kinds", items: 50000, kinds: 500, gap: 0.018},
}

// generate draws the same problem for the same workload: forty sizes of machines in three zones, the larger the cheaper for a core up to
// a point, and items from a tenth of a core to four cores.
func generate(w workload) *pack.Problem {
	r := rand.New(rand.NewPCG(7+w.seed, uint64(w.items)))
	p := &pack.Problem{}
	for _, cores := range []int64{1, 2, 4, 6, 8, 12, 16, 24, 32, 48} {
		for _, perCore := range []int64{1, 2, 4, 8} {
			price := (10500*cores + 3600*cores*perCore + 1500) * (97 + r.Int64N(7)) * 10
			for zone := range int64(3) {
				p.Machines = append(p.Machines, pack.Machine{Cost: price * (100 + zone) / 100,
					Free: pack.Vector{cores*1000 - 300, cores*perCore<<10 - 512, 100}, Takes: []pack.Take{{Budget: int(zone), Amount: 1}}})
			}
		}
	}
	slices.SortStableFunc(p.Machines, func(a, b pack.Machine) int { return cmp.Compare(a.Cost, b.Cost) })
	p.Budgets = []int64{1 << 30, 1 << 30, 1 << 30}
	if w.machines > 0 {
		p.Budgets = append(p.Budgets, int64(w.machines))
		for j := range p.Machines {
			p.Machines[j].Takes = append(p.Machines[j].Takes, pack.Take{Budget: 3, Amount: 1})
		}
	}
	members := make([][]int, w.cliques)
	for i := range w.kinds {
		cpu := int64(100 * (1 << r.IntN(5)) * (10 + r.IntN(10)) / 10)
		item := pack.Item{Size: pack.Vector{cpu, cpu * (1 + r.Int64N(8)), 1}, Count: (w.items + i) / w.kinds, Fits: make([]bool, len(p.Machines))}
		zone, only := r.IntN(3), w.zoned && r.IntN(3) == 0
		for j := range item.Fits {
			item.Fits[j] = !only || p.Machines[j].Takes[0].Budget == zone
		}
		if c := i % 8; c < w.cliques {
			item.PerMachine, item.Excludes = 1, slices.Clone(members[c])
			for _, other := range members[c] {
				p.Items[other].Excludes = append(p.Items[other].Excludes, i)
			}
			members[c] = append(members[c], i)
		}
		p.Items = append(p.Items, item)
	}
	return p
}

func TestSolutionsAreCheap(t *testing.T) {
	for _, w := range workloads {
		t.Run(w.name, func(t *testing.T) {
			p := generate(w)
			s := pack.Solve(p)
			if err := check(p, &s); err != nil {
				t.Fatal(err)
			}
			if got := float64(cost(p, &s)); got > s.Bound*(1+w.gap)+1e-6*got {
				t.Errorf("got %.4f times the bound, want at most %.4f", got/s.Bound, 1+w.gap)
			}
		})
	}
}

func BenchmarkSolve(b *testing.B) {
	for _, w := range workloads {
		b.Run(w.name, func(b *testing.B) {
			p := generate(w)
			b.ReportAllocs()
			for b.Loop() {
				s := pack.Solve(p)
				b.ReportMetric(float64(cost(p, &s))/s.Bound, "cost/bound")
			}
		})
	}
}

func BenchmarkLowerBound(b *testing.B) {
	for _, w := range workloads {
		b.Run(w.name, func(b *testing.B) {
			p := generate(w)
			counts := make([]int, len(p.Items))
			for i := range counts {
				counts[i] = p.Items[i].Count
			}
			b.ReportAllocs()
			for b.Loop() {
				if pack.LowerBound(p, counts) == 0 {
					b.Fatal("no bound")
				}
			}
		})
	}
}

func ExampleSolve() {
	p := &pack.Problem{
		Items: []pack.Item{{Size: pack.Vector{2, 3}, Count: 4, Fits: []bool{true, true}}},
		Machines: []pack.Machine{
			{Free: pack.Vector{2, 4}, Cost: 10},
			{Free: pack.Vector{8, 12}, Cost: 30},
		},
	}
	s := pack.Solve(p)
	for _, b := range s.Bought {
		fmt.Println(b.Times, "of machine", b.Machine, "with", b.Loads)
	}
	// Output: 1 of machine 1 with [{0 4}]
}
