package pack

// lanes is how many dimensions are worked on at once. Vectors are padded to a multiple of it with amounts of nothing.
const lanes = 4

// filler fills one machine at a time with items of the kinds it has been loaded with. Its buffers are used again for every machine.
type filler struct {
	m      *model
	blocks int // of lanes in a vector
	// The kinds at hand, by position: what they are, how many of each may go on one machine, what one is worth, what it takes,
	// and what that costs.
	kinds  []int
	limit  []int
	worth  []float64
	size   [][lanes]int64
	priced [][lanes]float64
	bonus  []float64 // for what it takes beside resources
	// The machine at hand.
	free   [][lanes]int64
	share  [][lanes]float64 // inverse of what the machine has
	open   []int            // positions that may still fit
	count  []int            // items of each position
	order  []int            // positions with items
	barred []bool           // kinds that an item on the machine excludes
	work   int              // items looked at
}

func newFiller(m *model) *filler {
	blocks := (m.dims + lanes - 1) / lanes
	return &filler{m: m, blocks: blocks, free: make([][lanes]int64, blocks), share: make([][lanes]float64, blocks),
		barred: make([]bool, len(m.Items))}
}

// load sets the kinds at hand, with what is left of each, the prices of the resources and the worths of all kinds.
func (f *filler) load(kinds, left []int, prices, worth []float64) {
	f.empty()
	f.kinds, f.limit, f.worth = append(f.kinds[:0], kinds...), f.limit[:0], f.worth[:0]
	f.size, f.priced, f.bonus = f.size[:0], f.priced[:0], f.bonus[:0]
	f.count = f.count[:0]
	for _, i := range kinds {
		f.limit = append(f.limit, min(left[i], f.m.most[i]))
		f.worth = append(f.worth, worth[i])
		f.count, f.bonus = append(f.count, 0), append(f.bonus, f.m.bonus(i, prices))
		size := f.m.size(i)
		for b := range f.blocks {
			var amounts [lanes]int64
			var costs [lanes]float64
			for r := b * lanes; r < min(len(size), (b+1)*lanes); r++ {
				amounts[r%lanes], costs[r%lanes] = size[r], prices[r]*float64(size[r])
			}
			f.size, f.priced = append(f.size, amounts), append(f.priced, costs)
		}
	}
}

// begin empties the machine. The caller lists the positions that may go on it in open.
func (f *filler) begin(machine int) {
	for r, amount := range f.m.Machines[machine].Free {
		f.free[r/lanes][r%lanes], f.share[r/lanes][r%lanes] = amount, 1/float64(max(1, amount))
	}
	f.empty()
}

// empty takes all items off the machine.
func (f *filler) empty() {
	for _, k := range f.order {
		f.count[k] = 0
		for _, other := range f.m.Items[f.kinds[k]].Excludes {
			f.barred[other] = false
		}
	}
	f.order, f.open = f.order[:0], f.open[:0]
}

// fill fills the machine, starting with one item of the seed position, and returns what its items are worth. At each step it takes the
// item that is largest by what matters now: a resource counts by its price and by the share of it that is still free. So big items
// come first, and the machine runs out of all resources at about the same time.
func (f *filler) fill(seed int) float64 {
	worth := 0.0
	for next := seed; next >= 0; {
		f.put(next)
		worth += f.worth[next]
		if f.blocks == 1 {
			next = f.bestOfOne()
		} else {
			next = f.best()
		}
	}
	return worth
}

// put adds an item. What can take no more, or is excluded now, leaves the open positions.
func (f *filler) put(k int) {
	for b := range f.blocks {
		for r, amount := range f.size[k*f.blocks+b] {
			f.free[b][r] -= amount
		}
	}
	f.count[k]++
	full := f.count[k] >= f.limit[k]
	if f.count[k] == 1 {
		f.order = append(f.order, k)
		excludes := f.m.Items[f.kinds[k]].Excludes
		for _, other := range excludes {
			f.barred[other] = true
		}
		full = full || len(excludes) > 0
	}
	if !full {
		return
	}
	open := f.open[:0]
	for _, o := range f.open {
		if f.count[o] < f.limit[o] && !f.barred[f.kinds[o]] {
			open = append(open, o)
		}
	}
	f.open = open
}

// best is the position to take next, or -1 when the machine is full. What no longer fits never will, so it is forgotten.
func (f *filler) best() int {
	best, bestScore := -1, 0.0
	open := f.open[:0]
	f.work += len(f.open) * f.blocks
	for _, k := range f.open {
		score, short := f.bonus[k], int64(0)
		for b := range f.blocks {
			size, priced, free, share := &f.size[k*f.blocks+b], &f.priced[k*f.blocks+b], &f.free[b], &f.share[b]
			for r := range lanes {
				short |= free[r] - size[r]
				score += priced[r] * share[r] * float64(free[r])
			}
		}
		if short < 0 {
			continue
		}
		open = append(open, k)
		if best < 0 || score > bestScore {
			best, bestScore = k, score
		}
	}
	f.open = open
	return best
}

// bestOfOne is best for vectors of one block, which most are; most of the time of a solution is spent here.
func (f *filler) bestOfOne() int {
	free, share := f.free[0], f.share[0]
	w0, w1, w2, w3 := share[0]*float64(free[0]), share[1]*float64(free[1]), share[2]*float64(free[2]), share[3]*float64(free[3])
	best, bestScore, kept := -1, -1.0, 0
	open := f.open
	sizes, priced, bonus := f.size, f.priced[:len(f.size)], f.bonus[:len(f.size)]
	f.work += len(open)
	for _, k := range open {
		s := &sizes[k]
		if (free[0]-s[0])|(free[1]-s[1])|(free[2]-s[2])|(free[3]-s[3]) < 0 {
			continue
		}
		open[kept] = k
		kept++
		p := &priced[k]
		if score := w0*p[0] + w1*p[1] + w2*p[2] + w3*p[3] + bonus[k]; score > bestScore {
			best, bestScore = k, score
		}
	}
	f.open = open[:kept]
	return best
}

// appendLoads appends the loads of the machine, by kind.
func (f *filler) appendLoads(loads []Load) []Load {
	for k, n := range f.count {
		if n > 0 {
			loads = append(loads, Load{Item: f.kinds[k], Count: n})
		}
	}
	return loads
}
