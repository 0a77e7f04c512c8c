package pack_test

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/pack"
)

// scale bounds what randomProblem draws.
type scale struct {
	kinds, count, machines, room int
}

var (
	tiny  = scale{kinds: 4, count: 3, machines: 4, room: 12}
	small = scale{kinds: 12, count: 12, machines: 10, room: 60}
)

// randomProblem draws every feature: limits a machine, exclusions, budgets, machines that cost nothing or have no room, items that
// take nothing or fit nowhere.
func randomProblem(seed uint64, s scale) *pack.Problem {
	r := rand.New(rand.NewPCG(seed, 5))
	one := func(n int) bool { return r.IntN(n) == 0 }
	p := &pack.Problem{}
	dims := 1 + r.IntN(3)
	for range r.IntN(3) {
		p.Budgets = append(p.Budgets, int64(r.IntN(3*s.count)))
	}
	linear := one(2)
	for range 1 + r.IntN(s.machines) {
		m := pack.Machine{Free: make(pack.Vector, dims), Cost: r.Int64N(100)}
		for d := range m.Free {
			m.Free[d] = r.Int64N(int64(s.room))
			if linear {
				m.Cost += 10 * m.Free[d]
			}
		}
		for b := range p.Budgets {
			if one(2) {
				m.Takes = append(m.Takes, pack.Take{Budget: b, Amount: r.Int64N(3)})
			}
		}
		p.Machines = append(p.Machines, m)
	}
	slices.SortStableFunc(p.Machines, func(a, b pack.Machine) int { return cmp.Compare(a.Cost, b.Cost) })
	for range r.IntN(s.kinds + 1) {
		item := pack.Item{Size: make(pack.Vector, dims), Count: r.IntN(s.count + 1), Fits: make([]bool, len(p.Machines))}
		for d := range item.Size {
			item.Size[d] = r.Int64N(int64(s.room) / 2)
		}
		for j := range item.Fits {
			item.Fits[j] = !one(4)
		}
		if one(3) {
			item.PerMachine = 1 + r.IntN(2)
		}
		p.Items = append(p.Items, item)
	}
	if !one(3) {
		return p
	}
	for a := range p.Items {
		for b := range a {
			if one(3) {
				p.Items[a].Excludes = append(p.Items[a].Excludes, b)
				p.Items[b].Excludes = append(p.Items[b].Excludes, a)
			}
		}
	}
	return p
}
