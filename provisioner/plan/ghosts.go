package plan

import (
	"slices"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
)

// ghost is a host that stands for the nodes of a cell which could still be bought. While it is open its domains exist without pods,
// so that pods are spread over all zones that can be had, and not only over those that have nodes already.
type ghost struct {
	cell int
	at   topology.Host
	open bool
}

// conjure makes a closed ghost for each cell.
func (r *run) conjure() {
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
			r.ghosts = append(r.ghosts, ghost{cell: made.cell, at: at})
		}
	}
}

// haunt opens the ghosts of the cells in which a node for the class may be bought, and closes the others.
func (r *run) haunt(class int) {
	if len(r.ghosts) == 0 {
		return
	}
	usable := r.cellsFor(class)
	for i := range r.ghosts {
		r.ghosts[i].set(r.ledger, usable[r.ghosts[i].cell])
	}
}

// exorcise closes all ghosts.
func (r *run) exorcise() {
	for i := range r.ghosts {
		r.ghosts[i].set(r.ledger, false)
	}
}

func (g *ghost) set(l *topology.Ledger, open bool) {
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
		if ok && r.p.buyable(c, r.budget) {
			cells[r.p.candidates[c].cell] = true
		}
	}
	return cells
}

// ghostOf gives the ghost of a cell, which is there where there are rules.
func (r *run) ghostOf(cell int) *ghost {
	return &r.ghosts[slices.IndexFunc(r.ghosts, func(g ghost) bool { return g.cell == cell })]
}
