package pack

import "slices"

// dualSteps bounds the work on one linear program.
const dualSteps = 500

// reset makes the program one with so many variables, of which so many constraints with the rest 1 are still without cells.
func (s *simplex) reset(width, rows int) {
	s.width = width
	s.cells = slices.Grow(s.cells[:0], width*rows)[:width*rows]
	s.gain = slices.Grow(s.gain[:0], width)[:width]
	s.nonBasic = slices.Grow(s.nonBasic[:0], width)[:width]
	s.rest, s.basic = s.rest[:0], s.basic[:0]
	for c := range width {
		s.nonBasic[c] = c
	}
	for r := range rows {
		s.rest, s.basic = append(s.rest, 1), append(s.basic, width+r)
	}
}

// require adds a constraint: row times the variables is at most rest. The current solution need not meet it.
func (s *simplex) require(row []float64, rest float64) {
	cells := make([]float64, s.width)
	for c, variable := range s.nonBasic {
		if variable < s.width {
			cells[c] = row[variable]
		}
	}
	for i, variable := range s.basic {
		if variable >= s.width || row[variable] == 0 {
			continue
		}
		for c, a := range s.row(i) {
			cells[c] -= row[variable] * a
		}
		rest -= row[variable] * s.rest[i]
	}
	s.cells = append(s.cells, cells...)
	s.rest = append(s.rest, rest)
	s.basic = append(s.basic, s.width+len(s.basic))
}

// optimise finds the best solution after constraints were added: by the dual method until all are met, and then by the primal one. It
// returns how many cells it has changed.
func (s *simplex) optimise() (work int) {
	pivots := 0
	for ; pivots < dualSteps; pivots++ {
		row := s.unmet()
		if row < 0 {
			break
		}
		column := s.easing(row)
		if column < 0 {
			break
		}
		s.pivot(row, column)
	}
	for ; pivots < 2*dualSteps; pivots++ {
		column := s.entering()
		if column < 0 {
			break
		}
		row := s.leaving(column)
		if row < 0 {
			s.gain[column] = 0 // nothing bounds it here
			continue
		}
		s.pivot(row, column)
	}
	return pivots * len(s.cells)
}

// dualZero is what counts as nothing where constraints are added.
const dualZero = 1e-10

// unmet is the constraint that is broken most, or -1.
func (s *simplex) unmet() int {
	worst := -1
	for i, rest := range s.rest {
		if rest < -dualZero && (worst < 0 || rest < s.rest[worst]) {
			worst = i
		}
	}
	return worst
}

// easing is the column that mends a broken constraint at the least loss, or -1.
func (s *simplex) easing(row int) int {
	best, loss := -1, 0.0
	for c, a := range s.row(row) {
		if a < -dualZero {
			if l := min(0, s.gain[c]) / a; best < 0 || l < loss {
				best, loss = c, l
			}
		}
	}
	return best
}

// variables are the values of the variables.
func (s *simplex) variables() []float64 {
	y := make([]float64, s.width)
	for i, variable := range s.basic {
		if variable < s.width {
			y[variable] = max(0, s.rest[i])
		}
	}
	return y
}
