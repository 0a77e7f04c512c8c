package pack

// bestPrices solves the linear program behind the purchase: if machines could be bought in fractions, what would one unit of
// each resource, and a slot of each kind, be worth? It finds the y >= 0 that makes the demand most expensive while no machine is worth
// more than it costs:
//
//	maximise demand·y   subject to   supply[j]·y <= cost[j] for every machine j
//
// The method is the primal simplex on the few columns (resources, slots) and many rows (machines), started from y = 0. The result is only
// a guide and a source of lower bounds that are proved on their own, so a solution that stops early does no harm.
func (m *model) bestPrices(demand []float64, machines []int, cost []float64) []float64 {
	s := m.newSimplex(demand, machines, cost)
	for range simplexPivots {
		column := s.entering()
		if column < 0 {
			break
		}
		row := s.leaving(column)
		if row < 0 {
			s.gain[column] = 0 // no machine has this resource: there is no price for it
			continue
		}
		s.pivot(row, column)
	}
	return s.solution(demand)
}

// simplexPivots bounds the work. The usual number is about twice that of the resources.
const simplexPivots = 200

// simplexZero is what counts as nothing, in shares of a machine.
const simplexZero = 1e-12

// simplex is a dictionary: each basic variable and the objective as a linear function of the non-basic ones. Variables are numbered
// with the resources first and then one slack for each machine. Resources are scaled by their demand.
type simplex struct {
	width    int
	cells    []float64 // one row a basic variable
	rest     []float64 // value of each basic variable
	basic    []int
	gain     []float64 // of each non-basic variable
	nonBasic []int
}

func (m *model) newSimplex(demand []float64, machines []int, cost []float64) *simplex {
	width, rows := len(demand), len(machines)
	s := &simplex{width: width, cells: make([]float64, rows*width), rest: make([]float64, rows), basic: make([]int, rows),
		gain: make([]float64, width), nonBasic: make([]int, width)}
	for r := range demand {
		s.nonBasic[r] = r
		if demand[r] > 0 {
			s.gain[r] = 1
		}
	}
	for k, j := range machines {
		s.basic[k] = width + k
		s.rest[k] = cost[j]
		row := s.row(k)
		m.supply(j, row)
		for r := range demand {
			if demand[r] > 0 {
				row[r] /= demand[r]
			} else {
				row[r] = 0
			}
		}
	}
	return s
}

func (s *simplex) row(i int) []float64 { return s.cells[i*s.width : (i+1)*s.width] }

// entering is the column with the largest gain, or -1 at the optimum.
func (s *simplex) entering() int {
	best := -1
	for c, gain := range s.gain {
		if gain > simplexZero && (best < 0 || gain > s.gain[best]) {
			best = c
		}
	}
	return best
}

// leaving is the row that bounds the growth of the column's variable most tightly, or -1.
func (s *simplex) leaving(column int) int {
	best, bound := -1, 0.0
	for i := range s.rest {
		if a := s.cells[i*s.width+column]; a > simplexZero {
			if b := s.rest[i] / a; best < 0 || b < bound {
				best, bound = i, b
			}
		}
	}
	return best
}

// pivot exchanges the basic variable of a row with the non-basic one of a column.
func (s *simplex) pivot(row, column int) {
	pivotRow := s.row(row)
	inverse := 1 / pivotRow[column]
	for c := range pivotRow {
		pivotRow[c] *= inverse
	}
	pivotRow[column] = inverse
	s.rest[row] *= inverse
	for i := range s.rest {
		if i == row {
			continue
		}
		s.rest[i] -= eliminate(s.row(i), pivotRow, column) * s.rest[row]
	}
	eliminate(s.gain, pivotRow, column)
	s.basic[row], s.nonBasic[column] = s.nonBasic[column], s.basic[row]
}

// eliminate expresses a row through the new non-basic variable and returns the factor it used.
func eliminate(row, pivotRow []float64, column int) float64 {
	factor := row[column]
	for c := range row {
		row[c] -= factor * pivotRow[c]
	}
	row[column] = -factor * pivotRow[column]
	return factor
}

// solution undoes the scaling.
func (s *simplex) solution(demand []float64) []float64 {
	y := make([]float64, s.width)
	for i, variable := range s.basic {
		if variable < s.width {
			y[variable] = max(0, s.rest[i]) / demand[variable]
		}
	}
	return y
}
