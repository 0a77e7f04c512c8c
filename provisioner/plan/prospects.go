package plan

import (
	"slices"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
)

// prospect is a host that stands for the nodes of a cell which could still be bought. While it is open its domains exist without pods,
// so that pods are spread over all zones that can be had, and not only over those that have nodes already.
type prospect struct {
	cell int
	at   topology.Host
	open bool
}

// addProspects makes a closed prospect for each cell.
func (r *run) addProspects() {
	if r.p.table.Empty() {
		return
	}
	known := map[int]bool{}
	for c := range r.p.candidates {
		made := &r.p.candidates[c]
		if !known[made.cell] {
			known[made.cell] = true
			at := r.ledger.Add(made.template)
			r.ledger.Close(at)
			r.prospects = append(r.prospects, prospect{cell: made.cell, at: at})
		}
	}
}

// openProspects opens the prospects of the cells in which a node for the class may be bought, and closes the others.
func (r *run) openProspects(class int) {
	if len(r.prospects) == 0 {
		return
	}
	usable := r.cellsFor(class)
	for i := range r.prospects {
		r.prospects[i].set(r.ledger, usable[r.prospects[i].cell])
	}
}

// closeProspects closes all prospects.
func (r *run) closeProspects() {
	for i := range r.prospects {
		r.prospects[i].set(r.ledger, false)
	}
}

func (g *prospect) set(l *topology.Ledger, open bool) {
	if open == g.open {
		return
	}
	g.open = open
	if open {
		l.Open(g.at)
	} else {
		l.Close(g.at)
	}
}

// cellsFor marks the cells in which a node for the class may be bought.
func (r *run) cellsFor(class int) map[int]bool {
	cells := map[int]bool{}
	for c, ok := range r.p.fits.row(class) {
		if ok && r.p.buyable(c, r.budget) && r.p.groups[r.p.candidates[c].group].Priority >= r.lowest {
			cells[r.p.candidates[c].cell] = true
		}
	}
	return cells
}

// prospectOf gives the prospect of a cell, which is there where there are rules.
func (r *run) prospectOf(cell int) *prospect {
	return &r.prospects[slices.IndexFunc(r.prospects, func(g prospect) bool { return g.cell == cell })]
}
