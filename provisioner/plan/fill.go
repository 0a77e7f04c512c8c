package plan

// filler fills one machine with pods. Its buffers are used again for every machine.
type filler struct {
	k       *packer
	free    vector
	weights []float64
	open    []int // classes that may still fit
	count   []int // pods of each class in the pattern
	order   []int // classes of the pattern
}

func newFiller(k *packer) *filler {
	n := len(k.p.axis.names)
	return &filler{k: k, free: make(vector, n), weights: make([]float64, n), count: make([]int, len(k.p.classes))}
}

// pattern fills a machine of the candidate, starting with one pod of the seed class, and returns what its pods are worth. At each
// step it takes the pod that is largest by what matters now: a resource counts by its price and by the share of it that is still
// free. So big pods come first, and the machine runs out of all resources at about the same time.
func (f *filler) pattern(candidate, seed int) float64 {
	k := f.k
	all := k.p.candidates[candidate].free
	f.begin(candidate)
	worth := 0.0
	for next := seed; next >= 0; next = f.best() {
		if f.count[next] == 0 {
			f.order = append(f.order, next)
		}
		f.count[next]++
		worth += k.worth[next]
		take(f.free, k.p.classes[next].req, 1)
		for r := range f.weights {
			f.weights[r] = k.prices[r] * float64(f.free[r]) / float64(max(1, all[r]))
		}
	}
	return worth
}

// begin empties the machine and lists the classes that may go on it. In a scarce group only those count that have no other place.
func (f *filler) begin(candidate int) {
	k := f.k
	copy(f.free, k.p.candidates[candidate].free)
	for _, c := range f.order {
		f.count[c] = 0
	}
	f.order, f.open = f.order[:0], f.open[:0]
	scarce := k.scarce[k.p.candidates[candidate].group]
	for _, c := range k.waiting {
		if k.p.fits.row(c)[candidate] && (!scarce || k.onlyScarce(c)) {
			f.open = append(f.open, c)
		}
	}
}

// best is the class to take next, or -1 when the machine is full. A class that no longer fits never will, so it is forgotten.
func (f *filler) best() int {
	k := f.k
	best, bestSize := -1, 0.0
	open := f.open[:0]
	for _, c := range f.open {
		size, ok := f.size(k.p.classes[c].req)
		if !ok || f.count[c] == k.left[c] {
			continue
		}
		open = append(open, c)
		if best < 0 || size > bestSize {
			best, bestSize = c, size
		}
	}
	f.open = open
	return best
}

// size is holds and dot in one pass; the plan spends most of its time here.
func (f *filler) size(req vector) (float64, bool) {
	free, weights := f.free[:len(req)], f.weights[:len(req)]
	sum := 0.0
	for r, amount := range req {
		if amount > free[r] && amount > 0 {
			return 0, false
		}
		sum += weights[r] * float64(amount)
	}
	return sum, true
}

// take gives the loads of the last pattern.
func (f *filler) take() []load {
	loads := make([]load, len(f.order))
	for i, c := range f.order {
		loads[i] = load{class: c, pods: f.count[c]}
	}
	return loads
}
