package plan

import (
	"cmp"
	"slices"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
)

// portion is a number of pods of a class that are to be bought for in one cell.
type portion struct{ class, cell, pods int }

// anyCell is the cell of pods for which the cell does not matter.
const anyCell = -1

// allot decides in which cell pods are bought for, where rules about zones or other wide domains make that matter. It places them
// one by one on prospects, in the cheapest cell that the rules allow, and takes them away again when all are done. What it
// cannot place is left to rescue.
func (r *run) allot(classes []int, level *level) []portion {
	var portions []portion
	var placed []portion
	for _, class := range r.leadersFirst(classes) {
		profile := r.p.classes[class].profile
		if r.p.table.Group(profile) >= 0 || r.p.table.FollowsOnHost(profile) {
			continue // see bundle.go; pods that follow others to their host are left to rescue
		}
		if !r.p.table.Wide(profile) {
			pods := r.left[class]
			if r.p.table.Once(profile) {
				pods = 1
			}
			portions = append(portions, portion{class, anyCell, pods})
			continue
		}
		own := r.allotWide(class, level)
		portions, placed = append(portions, own...), append(placed, own...)
	}
	for _, p := range placed {
		r.ledger.Put(r.p.classes[p.class].profile, r.prospectOf(p.cell).at, -p.pods)
	}
	return portions
}

// allotWide leaves the pods on the prospects.
func (r *run) allotWide(class int, level *level) []portion {
	r.openProspects(class)
	cells := r.cellsByPrice(class, level)
	portions := make([]portion, len(cells))
	for i, cell := range cells {
		portions[i] = portion{class: class, cell: cell}
	}
	profile := r.p.classes[class].profile
	for range r.left[class] {
		at := slices.IndexFunc(cells, func(cell int) bool { return r.ledger.AllowsWide(profile, r.prospectOf(cell).at) == topology.Allowed })
		if at < 0 {
			break
		}
		r.ledger.Put(profile, r.prospectOf(cells[at]).at, 1)
		portions[at].pods++
	}
	return slices.DeleteFunc(portions, func(p portion) bool { return p.pods == 0 })
}

// leadersFirst puts classes behind those at which their rules look.
func (r *run) leadersFirst(classes []int) []int {
	if r.p.table.Empty() {
		return classes
	}
	ordered := slices.Clone(classes)
	slices.SortStableFunc(ordered, func(a, b int) int {
		return cmp.Compare(r.p.table.Rank(r.p.classes[a].profile), r.p.table.Rank(r.p.classes[b].profile))
	})
	return ordered
}

// cellsByPrice are the cells in which a node for the class may be bought, the one with the lowest price for a pod first.
func (r *run) cellsByPrice(class int, level *level) []int {
	price := map[int]float64{}
	for _, c := range level.candidates {
		if !r.p.fits.row(class)[c] || !r.p.buyable(c, r.budget) {
			continue
		}
		made := &r.p.candidates[c]
		each := float64(made.cost) / float64(copies(made.free, r.p.classes[class].req, len(r.p.classes[class].pods)))
		if known, ok := price[made.cell]; !ok || each < known {
			price[made.cell] = each
		}
	}
	cells := make([]int, 0, len(price))
	for cell := range price {
		cells = append(cells, cell)
	}
	slices.SortFunc(cells, func(a, b int) int { return cmp.Or(cmp.Compare(price[a], price[b]), cmp.Compare(a, b)) })
	return cells
}
