package pack

// filler fills one machine with items. Its buffers are used again for every machine.
type filler struct {
	m       *model
	machine int
	free    Vector
	weights []float64
	unit    []float64
	open    []int  // kinds that may still fit
	count   []int  // items of each kind in the pattern
	order   []int  // kinds of the pattern
	barred  []bool // kinds that one of the pattern excludes
	openAt  []int
	excess  []float64
}

func newFiller(m *model) *filler {
	return &filler{m: m, free: make(Vector, m.dims), weights: make([]float64, m.dims), unit: make([]float64, m.dims),
		count: make([]int, len(m.Items)), barred: make([]bool, len(m.Items)), excess: make([]float64, len(m.Items))}
}

// begin empties the machine. The caller lists the kinds that may go on it in open.
func (f *filler) begin(machine int) {
	f.machine = machine
	copy(f.free, f.m.Machines[machine].Free)
	for _, i := range f.order {
		f.count[i] = 0
		for _, other := range f.m.Items[i].Excludes {
			f.barred[other] = false
		}
	}
	f.order, f.open = f.order[:0], f.open[:0]
}

// fill fills the machine, starting with one item of the seed kind, and returns what its items are worth. At each step it takes the
// item that is largest by what matters now: a resource counts by its price and by the share of it that is still free. So big items
// come first, and the machine runs out of all resources at about the same time.
func (f *filler) fill(seed int, left []int, prices, value []float64) float64 {
	all := f.m.Machines[f.machine].Free
	worth := 0.0
	for next := seed; next >= 0; next = f.best(left) {
		f.put(next)
		worth += value[next]
		for r := range f.weights {
			f.weights[r] = prices[r] * float64(f.free[r]) / float64(max(1, all[r]))
		}
	}
	return worth
}

// put adds an item to the pattern.
func (f *filler) put(item int) {
	if f.count[item] == 0 {
		f.order = append(f.order, item)
		for _, other := range f.m.Items[item].Excludes {
			f.barred[other] = true
		}
	}
	f.count[item]++
	take(f.free, f.m.size(item), 1)
}

// best is the kind to take next, or -1 when the machine is full. A kind that no longer fits never will, so it is forgotten.
func (f *filler) best(left []int) int {
	best, bestSize := -1, 0.0
	open := f.open[:0]
	for _, i := range f.open {
		size, ok := f.weigh(f.m.size(i))
		if !ok || f.count[i] >= left[i] || f.count[i] >= f.m.most[i] || f.barred[i] {
			continue
		}
		open = append(open, i)
		if best < 0 || size > bestSize {
			best, bestSize = i, size
		}
	}
	f.open = open
	return best
}

// weigh is holds and dot in one pass; most of the time of a solution is spent here.
func (f *filler) weigh(size Vector) (float64, bool) {
	free, weights := f.free[:len(size)], f.weights[:len(size)]
	sum := 0.0
	for r, amount := range size {
		if amount > free[r] {
			return 0, false
		}
		sum += weights[r] * float64(amount)
	}
	return sum, true
}

// loads gives the loads of the pattern.
func (f *filler) loads() []Load {
	loads := make([]Load, len(f.order))
	for k, i := range f.order {
		loads[k] = Load{Item: i, Count: f.count[i]}
	}
	return loads
}
