package pack

import (
	"cmp"
	"math"
	"slices"
)

// beginWork is the work to look at a machine, beside its linear program.
const beginWork = 20

// pricer goes through the ways to fill one machine with items of given worth.
type pricer struct {
	x       *exact
	offer   *offer
	worth   []int64
	order   []int // positions that may go on the machine, those worth most for their room first
	weight  []float64
	ratio   []float64 // worth for weight
	room    float64   // of the machine, in the terms of weight
	sizes   Vector    // of each place in the order, side by side
	free    Vector
	count   []int
	barred  []int // by how many kinds on the machine
	need    int64
	stop    int     // the work after which it gives up
	chosen  []int   // the best found, if any
	divided simplex // the linear program of the machine, if items could be divided
	keep    func(worth int64)
}

func newPricer(x *exact) *pricer {
	return &pricer{x: x, free: make(Vector, x.m.dims), count: make([]int, len(x.kinds)), barred: make([]int, len(x.m.Items)),
		weight: make([]float64, len(x.kinds)), ratio: make([]float64, len(x.kinds))}
}

// begin empties the machine of an offer and sorts the kinds.
func (f *pricer) begin(o *offer, worth []int64) {
	f.offer, f.worth, f.stop = o, worth, f.x.limit
	f.order, f.sizes, f.chosen = f.order[:0], f.sizes[:0], f.chosen[:0]
	copy(f.free, f.x.m.Machines[o.machine].Free)
	for _, i := range f.x.all {
		if o.limit[i] > 0 {
			f.order = append(f.order, i)
		}
	}
	f.weigh()
	for _, i := range f.order {
		f.ratio[i] = math.Inf(1)
		if f.weight[i] > 0 {
			f.ratio[i] = float64(worth[i]) / f.weight[i]
		}
	}
	slices.SortStableFunc(f.order, func(a, b int) int { return cmp.Compare(f.ratio[b], f.ratio[a]) })
	for _, i := range f.order {
		f.sizes = append(f.sizes, f.x.m.size(f.x.kinds[i])...)
	}
}

// weigh puts the resources of the machine into one number, with prices at which it could be filled best if items could be divided.
// Any prices give valid bounds.
func (f *pricer) weigh() {
	width, dims := len(f.order), len(f.free)
	highest := int64(1)
	for _, i := range f.order {
		highest = max(highest, f.worth[i])
	}
	s := &f.divided
	s.reset(width, dims)
	for c, i := range f.order {
		s.gain[c] = float64(f.worth[i]) / float64(highest)
		for r, amount := range f.x.m.size(f.x.kinds[i]) {
			s.cells[r*width+c] = float64(amount) / float64(max(1, f.free[r]))
		}
	}
	f.x.work += beginWork + s.optimise()/exactCells
	f.room = 0
	for _, i := range f.order {
		f.weight[i] = 0
	}
	for c, variable := range s.nonBasic {
		r := variable - width
		if r < 0 || s.gain[c] >= 0 || f.free[r] == 0 {
			continue
		}
		f.room -= s.gain[c]
		for _, i := range f.order {
			f.weight[i] -= s.gain[c] * float64(f.x.m.size(f.x.kinds[i])[r]) / float64(f.free[r])
		}
	}
}

// best is the highest worth above the one given that fits, with the items in chosen; or no more than the one given.
func (f *pricer) best(above int64) int64 {
	f.need = above + 1
	f.keep = func(worth int64) {
		f.chosen = append(f.chosen[:0], f.count...)
		f.need = worth + 1
	}
	f.fill(0, 0, f.room)
	return f.need - 1
}

// fill decides how many items of each kind from a place in the order on are put on the machine, and keeps what is worth enough.
func (f *pricer) fill(at int, worth int64, room float64) {
	f.x.work++
	if at == len(f.order) {
		if worth >= f.need {
			f.keep(worth)
		}
		return
	}
	i := f.order[at]
	size, most := f.sizes[at*len(f.free):(at+1)*len(f.free)], 0
	if f.barred[f.x.kinds[i]] == 0 {
		most = copies(f.free, size, f.offer.limit[i])
	}
	take(f.free, size, most)
	f.put(i, most)
	for n := most; ; n-- {
		sum, left := worth+int64(n)*f.worth[i], room-float64(n)*f.weight[i]
		promising := f.promise(at+1, sum, left)
		if promising {
			f.fill(at+1, sum, left)
		}
		if n == 0 || !promising || f.x.work > f.stop {
			take(f.free, size, -n)
			f.put(i, 0)
			return
		}
		take(f.free, size, -1)
		f.put(i, n-1)
	}
}

// put sets the number of items of a kind.
func (f *pricer) put(i, n int) {
	before := f.count[i]
	f.count[i] = n
	if (before > 0) == (n > 0) {
		return
	}
	by := 1
	if before > 0 {
		by = -1
	}
	for _, other := range f.x.m.Items[f.x.kinds[i]].Excludes {
		f.barred[other] += by
	}
}

// full tells whether no other item fits.
func (f *pricer) full() bool {
	for _, i := range f.order {
		kind := f.x.kinds[i]
		if f.count[i] < f.offer.limit[i] && f.barred[kind] == 0 && holds(f.free, f.x.m.size(kind)) {
			return false
		}
	}
	return true
}

// promise tells whether filling on from a place in the order might come to what is needed: as much as it could if items could be divided.
// The order is such that fewer items of the kind before promise no more.
func (f *pricer) promise(at int, worth int64, room float64) bool {
	sum, need := float64(worth), float64(f.need)-math.Abs(float64(f.need))*boundMargin-1
	for _, i := range f.order[at:] {
		f.x.work++
		if sum >= need {
			return true
		}
		n, w := float64(f.offer.limit[i]), f.weight[i]
		if w*n > room {
			return sum+float64(f.worth[i])*max(0, room+1e-9)/w >= need
		}
		sum += n * float64(f.worth[i])
		room -= w * n
	}
	return sum >= need
}
