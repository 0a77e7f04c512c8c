package pack

// pattern is one way to fill one machine, as a column of the linear program of patterns.
type pattern struct {
	machine int
	loads   []Load
}

// master is the linear program behind the choice of patterns:
//
//	minimise sum of cost·x   subject to   the patterns bought hold at least the demand of each kind,   x >= 0
//
// The method is the revised primal simplex with the inverse of the basis kept whole. Most of it is zero, and zeros are skipped. Rows
// are the live kinds. It starts from patterns of one kind each, so it is feasible at any time; what it gives is a guide and is never
// trusted: solutions are counted in whole numbers and bounds are proved from the duals alone.
type master struct {
	rows    int
	rowOf   []int // row of each kind, or -1
	demand  []float64
	inverse []float64 // by column
	basis   []int     // pattern of each position, or -1-row for the surplus of a row
	x       []float64 // of each position
	duals   []float64 // of each row
	pool    []pattern
	cost    []float64 // of each pattern of the pool
	work    int       // multiplications done
	alpha   []float64
	touched []int
	pivots  int
}

func newMaster(rowOf []int, demand []float64) *master {
	n := len(demand)
	return &master{rows: n, rowOf: rowOf, demand: demand, inverse: make([]float64, n*n), basis: make([]int, n), x: make([]float64, n),
		duals: make([]float64, n), alpha: make([]float64, n), touched: make([]int, 0, n)}
}

// start puts a pattern of one kind into the basis as its row.
func (s *master) start(p pattern, cost float64) {
	row, n := s.rowOf[p.loads[0].Item], float64(p.loads[0].Count)
	s.inverse[row*s.rows+row] = 1 / n
	s.basis[row], s.x[row], s.duals[row] = len(s.pool), s.demand[row]/n, cost/n
	s.add(p, cost)
}

func (s *master) add(p pattern, cost float64) {
	s.pool, s.cost = append(s.pool, p), append(s.cost, cost)
}

// reduced is what the pattern costs beyond the worth of its items.
func (s *master) reduced(p int) float64 {
	sum := s.cost[p]
	for _, l := range s.pool[p].loads {
		sum -= s.duals[s.rowOf[l.Item]] * float64(l.Count)
	}
	return sum
}

// masterZero is what counts as nothing in the linear program, in shares of a cost or in items.
const masterZero = 1e-9

// optimise pivots until no pattern of the pool helps, or the work is done.
func (s *master) optimise(work int) {
	for end := s.work + work; s.work < end; {
		column, reduced := s.entering()
		if reduced == 0 || !s.pivot(column, reduced) {
			break
		}
	}
	s.refresh()
}

// entering is the column that promises most: a pattern, or -1-row for the surplus of a row.
func (s *master) entering() (column int, reduced float64) {
	best := -masterZero
	for p := range s.pool {
		if r := s.reduced(p); r < best*s.cost[p] {
			best, column, reduced = r/s.cost[p], p, r
		}
	}
	s.work += 8 * len(s.pool)
	if reduced != 0 {
		return column, reduced
	}
	least := -masterZero
	for row, u := range s.duals {
		if u < least {
			least, column, reduced = u, -1-row, u
		}
	}
	return column, reduced
}

// transform writes the column in terms of the basis into alpha.
func (s *master) transform(column int) {
	clear(s.alpha)
	if column < 0 {
		for i, v := range s.inverse[(-1-column)*s.rows : -column*s.rows] {
			s.alpha[i] = -v
		}
	} else {
		for _, l := range s.pool[column].loads {
			row, n := s.rowOf[l.Item], float64(l.Count)
			for i, v := range s.inverse[row*s.rows : (row+1)*s.rows] {
				s.alpha[i] += n * v
			}
			s.work += s.rows
		}
	}
	s.touched = s.touched[:0]
	for i, a := range s.alpha {
		if a > masterZero || a < -masterZero {
			s.touched = append(s.touched, i)
		}
	}
}

// pivot brings a column into the basis. It reports false when it cannot.
func (s *master) pivot(column int, reduced float64) bool {
	s.transform(column)
	out, step := -1, 0.0
	for _, i := range s.touched {
		a := s.alpha[i]
		if a <= masterZero {
			continue
		}
		if q := s.x[i] / a; out < 0 || q < step-masterZero || q <= step+masterZero && a > s.alpha[out] {
			out, step = i, q
		}
	}
	if out < 0 {
		return false
	}
	step = max(0, step)
	for _, i := range s.touched {
		s.x[i] = max(0, s.x[i]-step*s.alpha[i])
	}
	s.x[out], s.basis[out] = step, column
	inverse := 1 / s.alpha[out]
	for c := range s.rows {
		col := s.inverse[c*s.rows : (c+1)*s.rows]
		p := col[out] * inverse
		if p == 0 {
			continue
		}
		for _, i := range s.touched {
			col[i] -= s.alpha[i] * p
		}
		col[out] = p
		s.duals[c] += reduced * p
		s.work += len(s.touched)
	}
	s.pivots++
	s.work += s.rows
	return true
}

// refresh computes the duals and the solution anew from the inverse, so that rounding does not add up.
func (s *master) refresh() {
	clear(s.x)
	for c := range s.rows {
		col, sum := s.inverse[c*s.rows:(c+1)*s.rows], 0.0
		for i, v := range col {
			if v == 0 {
				continue
			}
			s.x[i] += v * s.demand[c]
			if p := s.basis[i]; p >= 0 {
				sum += s.cost[p] * v
			}
		}
		s.duals[c] = sum
	}
	s.work += s.rows * s.rows
}

// value is the cost of the current solution.
func (s *master) value() float64 {
	sum := 0.0
	for i, p := range s.basis {
		if p >= 0 {
			sum += s.cost[p] * s.x[i]
		}
	}
	return sum
}
