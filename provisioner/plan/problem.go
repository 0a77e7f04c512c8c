package plan

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
)

// problem is a snapshot in the form that placing and packing work on: numbers and yes-or-no tables, no labels and no quantities.
type problem struct {
	grouping
	groups     []*Group
	limited    []corev1.ResourceName // resources of Limits.MaxResources
	daemons    []daemon
	candidates []candidate // the cheapest first
	nodes      []*target
	ledger     *topology.Ledger // without hosts; for templates
	// suits says for needs x candidate whether the node's labels and taints admit the pod, fits for class x candidate whether
	// there is room for one pod as well.
	suits, fits table
	start       budget
	limits      Limits
	attaches    bool // whether a waiting pod attaches volumes
	// families says for each family of running pods which rules speak of it.
	families []topology.Match
	promises []promise // by class, and by node within a class
}

// table holds a yes or no for each row and column.
type table struct {
	width int
	cells []bool
}

func newTable(rows, columns int) table {
	return table{width: columns, cells: make([]bool, rows*columns)}
}

func (t *table) row(i int) []bool { return t.cells[i*t.width : (i+1)*t.width] }

// compile does once everything that needs labels, taints and quantities.
func compile(s *Snapshot, known *known, w *preferences) *problem {
	p := &problem{grouping: groupPods(s, known.digests, w), groups: compileGroups(s.Groups), limits: s.Limits}
	p.ledger = p.table.NewLedger()
	p.attaches = len(p.storage.users) > 0
	p.start = p.newBudget(s)
	p.compileDaemons(s.Daemons)
	p.compileCandidates(s)
	p.compileNodes(s, known.digests)
	p.matchFamilies(known)
	p.orderClasses()
	p.readPromises()
	p.suits = newTable(len(p.needs), len(p.candidates))
	for n, needs := range p.needs {
		row := p.suits.row(n)
		for c := range p.candidates {
			row[c] = needs.admits(&p.candidates[c].host)
		}
	}
	p.fits = newTable(len(p.classes), len(p.candidates))
	for i := range p.classes {
		row, suits := p.fits.row(i), p.suits.row(p.classes[i].needs)
		for c := range p.candidates {
			row[c] = suits[c] && holds(p.candidates[c].free, p.classes[i].req)
		}
	}
	return p
}

// known is what is known of the nodes of a snapshot.
type known struct {
	digests  []*digest
	families []*corev1.Pod
}

func (p *problem) matchFamilies(known *known) {
	if p.table.Empty() {
		return
	}
	p.families = make([]topology.Match, len(known.families))
	for i, pod := range known.families {
		p.families[i] = p.table.Match(pod)
	}
}

// forSale tells whether the candidate can be had for pods, limits apart.
func (p *problem) forSale(c int) bool {
	return !p.candidates[c].offering.SoldOut && p.groups[p.candidates[c].group].ScaleUp
}

// buyable tells whether one more node of the candidate may be bought for pods.
func (p *problem) buyable(c int, b budget) bool {
	return p.forSale(c) && b.allows(p.candidates[c].takes)
}

// buyableFor tells whether a node that holds a pod of the class may be bought.
func (p *problem) buyableFor(class int, b budget) bool {
	if p.classes[class].belowCutoff {
		return false
	}
	for c, ok := range p.fits.row(class) {
		if ok && p.buyable(c, b) {
			return true
		}
	}
	return false
}

// orderClasses puts the important classes first, and among those the big ones: those that take the largest share of the largest
// machine in any resource.
func (p *problem) orderClasses() {
	largest := make(vector, len(p.axis.names))
	for i := range p.candidates {
		widen(largest, p.candidates[i].free)
	}
	for i := range p.nodes {
		widen(largest, p.nodes[i].free)
	}
	slices.SortStableFunc(p.classes, func(a, b class) int {
		return cmp.Or(cmp.Compare(b.priority, a.priority), cmp.Compare(share(b.req, largest), share(a.req, largest)), cmp.Compare(a.key, b.key))
	})
	// Side by side in memory, the requests are read twice as fast.
	slab := make(vector, 0, len(p.classes)*len(largest))
	for i := range p.classes {
		from := len(slab)
		slab = append(slab, p.classes[i].req...)
		p.classes[i].req = slab[from:len(slab):len(slab)]
		p.classes[i].lean = p.lean(&p.classes[i])
	}
}

func (p *problem) lean(c *class) vector {
	if len(c.shared) == 0 {
		return c.req
	}
	lean := slices.Clone(c.req)
	for _, a := range c.shared {
		lean[p.axis.index(attachName(a.Driver))]--
	}
	return lean
}

func widen(largest, v vector) {
	for i := range v {
		largest[i] = max(largest[i], v[i])
	}
}

// share is the largest share of all that req takes in any resource.
func share(req, all vector) float64 {
	most := 0.0
	for i := range req {
		most = max(most, float64(req[i])/float64(max(1, all[i])))
	}
	return most
}
