package plan

import (
	"encoding/binary"
	"slices"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/pack"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
)

// packing is a problem for package pack, with what its items and machines stand for.
type packing struct {
	problem  pack.Problem
	machines []int // candidate of each machine
	parts    [][]part
	sources  []int // a class of each item, for rules about hosts
	known    map[string]int
}

// part is a number of equal units of an item: one pod each, or one bundle.
type part struct {
	loads []load // of one unit
	units int
}

// newPacking makes items of pods. Pods that differ in nothing that packing looks at become one kind of items.
func (r *run) newPacking(portions []portion, bundles []bundle, level *level) *packing {
	k := &packing{known: map[string]int{}}
	k.problem.Budgets = r.budget.clone()
	for _, c := range level.candidates {
		if made := &r.p.candidates[c]; r.p.buyable(c, r.budget) {
			k.machines = append(k.machines, c)
			k.problem.Machines = append(k.problem.Machines, pack.Machine{Free: made.free, Cost: made.cost, Takes: made.takes})
		}
	}
	for _, p := range portions {
		fits, some := k.fits(r.p, p.cell, func(c int) bool { return r.p.fits.row(p.class)[c] })
		if !some || p.pods == 0 {
			continue
		}
		k.add(r.p, fits, r.p.classes[p.class].lean, part{[]load{{p.class, 1}}, p.pods})
	}
	for _, b := range bundles {
		fits, some := k.fits(r.p, b.cell, func(c int) bool { return r.p.suitsAll(c, b.loads) && holds(r.p.candidates[c].free, b.size) })
		if some {
			k.add(r.p, fits, b.size, part{b.loads, 1})
		}
	}
	k.exclude(r.p, r.p.table.Excludes)
	return k
}

func (k *packing) fits(p *problem, cell int, holds func(candidate int) bool) (fits []bool, some bool) {
	fits = make([]bool, len(k.machines))
	for m, c := range k.machines {
		fits[m] = (cell == anyCell || p.candidates[c].cell == cell) && holds(c)
		some = some || fits[m]
	}
	return fits, some
}

func (k *packing) add(p *problem, fits []bool, size vector, units part) {
	class := units.loads[0].class
	lonely := slices.ContainsFunc(units.loads, func(l load) bool { return p.table.HostRules(p.classes[l.class].profile) })
	if !lonely {
		key := itemKey(fits, size)
		if at, ok := k.known[key]; ok {
			k.problem.Items[at].Count += units.units
			k.parts[at] = append(k.parts[at], units)
			return
		}
		k.known[key] = len(k.problem.Items)
	}
	item := pack.Item{Size: size, Count: units.units, Fits: fits}
	if lonely && len(units.loads) == 1 && units.loads[0].pods == 1 {
		item.PerMachine = p.table.PerHost(p.classes[class].profile)
	}
	k.problem.Items = append(k.problem.Items, item)
	k.parts = append(k.parts, []part{units})
	k.sources = append(k.sources, class)
}

func itemKey(fits []bool, size vector) string {
	key := make([]byte, 0, len(fits)+8*len(size))
	for _, yes := range fits {
		if yes {
			key = append(key, 1)
		} else {
			key = append(key, 0)
		}
	}
	for _, amount := range size {
		key = binary.BigEndian.AppendUint64(key, uint64(amount))
	}
	return string(key)
}

// exclude tells the items apart that may not share a host.
func (k *packing) exclude(p *problem, excludes func(a, b topology.Profile) bool) {
	var ruled []int
	for i, class := range k.sources {
		if p.table.HostRules(p.classes[class].profile) {
			ruled = append(ruled, i)
		}
	}
	for n, i := range ruled {
		for _, j := range ruled[n+1:] {
			a, b := p.classes[k.sources[i]].profile, p.classes[k.sources[j]].profile
			if k.sources[i] != k.sources[j] && excludes(a, b) {
				k.problem.Items[i].Excludes = append(k.problem.Items[i].Excludes, j)
				k.problem.Items[j].Excludes = append(k.problem.Items[j].Excludes, i)
			}
		}
	}
}

// hand takes n units of an item and adds the pods in them to the counts by class.
func (k *packing) hand(item, n int, to map[int]int) {
	for n > 0 {
		p := &k.parts[item][0]
		units := min(n, p.units)
		for _, l := range p.loads {
			to[l.class] += l.pods * units
		}
		p.units, n = p.units-units, n-units
		if p.units == 0 {
			k.parts[item] = k.parts[item][1:]
		}
	}
}

func (p *problem) suitsAll(candidate int, loads []load) bool {
	for _, l := range loads {
		if !p.suits.row(p.classes[l.class].needs)[candidate] {
			return false
		}
	}
	return true
}
