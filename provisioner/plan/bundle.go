package plan

import (
	"cmp"
	"slices"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
)

// bundle is pods that have to share a host with each other.
type bundle struct {
	loads []load
	size  vector
	cell  int
}

// bundles ties pods whose affinity is to each other's host into one item each. Where no machine holds them all, the bundle is what
// most fit on one.
func (r *run) bundles(classes []int, level *level) []bundle {
	members := map[int][]int{}
	var groups []int
	for _, class := range classes {
		group := r.p.table.Group(r.p.classes[class].profile)
		if group < 0 || r.left[class] == 0 || !r.startsAnywhere(class, level) {
			continue
		}
		if len(members[group]) == 0 {
			groups = append(groups, group)
		}
		members[group] = append(members[group], class)
	}
	var made []bundle
	var placed []bundle
	for _, group := range groups {
		b, ok := r.bundle(members[group], level)
		if !ok {
			continue
		}
		made = append(made, b)
		if b.cell != anyCell {
			placed = append(placed, b)
			r.putBundle(&b, 1)
		}
	}
	for i := range placed {
		r.putBundle(&placed[i], -1)
	}
	return made
}

// startsAnywhere tells whether the rules let a pod of the class on some new node. They do not when pods of its group are on a node
// already: it has to join those.
func (r *run) startsAnywhere(class int, level *level) bool {
	c, _ := r.another(class, level)
	return c >= 0
}

// bundle finds a cell whose wide rules allow all of the pods, the cheapest first.
func (r *run) bundle(classes []int, level *level) (bundle, bool) {
	if !slices.ContainsFunc(classes, func(c int) bool { return r.p.table.Wide(r.p.classes[c].profile) }) {
		return r.fill(classes, level, anyCell)
	}
	r.openProspects(classes[0])
	for _, cell := range r.cellsByPrice(classes[0], level) {
		b, ok := r.fill(classes, level, cell)
		if ok && r.allowsBundle(&b) {
			return b, true
		}
	}
	return bundle{}, false
}

// allowsBundle puts the pods on the prospect one by one as long as the wide rules allow, and takes them away again.
func (r *run) allowsBundle(b *bundle) bool {
	at := r.prospectOf(b.cell).at
	allowed := true
	var put []topology.Profile
	for _, l := range b.loads {
		profile := r.p.classes[l.class].profile
		for n := 0; n < l.pods && allowed; n++ {
			if allowed = r.ledger.AllowsWide(profile, at) == topology.Allowed; allowed {
				r.ledger.Put(profile, at, 1)
				put = append(put, profile)
			}
		}
	}
	for _, profile := range put {
		r.ledger.Put(profile, at, -1)
	}
	return allowed
}

func (r *run) putBundle(b *bundle, times int) {
	for _, l := range b.loads {
		r.ledger.Put(r.p.classes[l.class].profile, r.prospectOf(b.cell).at, times*l.pods)
	}
}

// fill packs the pods of the classes onto one machine of the cell, the one that holds most of them, and of those the cheapest.
func (r *run) fill(classes []int, level *level, cell int) (bundle, bool) {
	small := slices.Clone(classes)
	slices.SortStableFunc(small, func(a, b int) int {
		return cmp.Or(cmp.Compare(r.p.classes[b].priority, r.p.classes[a].priority), cmp.Compare(b, a)) // classes are in order of size
	})
	all := 0
	for _, class := range small {
		all += r.left[class]
	}
	chosen, most := -1, 0
	free := make(vector, len(r.p.axis.names))
	for _, c := range level.candidates { // the cheapest first
		made := &r.p.candidates[c]
		if most == all || cell != anyCell && made.cell != cell || !r.p.buyable(c, r.budget) {
			continue
		}
		if pods := r.load(small, c, free, nil); pods > most {
			chosen, most = c, pods
		}
	}
	if chosen < 0 {
		return bundle{}, false
	}
	b := bundle{cell: cell}
	r.load(small, chosen, free, &b.loads)
	b.size = slices.Clone(r.p.candidates[chosen].free)
	for i := range b.size {
		b.size[i] -= free[i]
	}
	return b, true
}

// load counts the pods of the classes, the first ones first, that fit on an empty machine. It leaves in free what is free then.
func (r *run) load(classes []int, candidate int, free vector, loads *[]load) (pods int) {
	copy(free, r.p.candidates[candidate].free)
	for _, class := range classes {
		c := &r.p.classes[class]
		n := copies(free, c.lean, r.left[class])
		if n == 0 || !r.p.suits.row(c.needs)[candidate] {
			continue
		}
		take(free, c.lean, n)
		pods += n
		if loads != nil {
			*loads = append(*loads, load{class, n})
		}
	}
	return pods
}
