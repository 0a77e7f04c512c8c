package pack

import "slices"

// master is the linear program of prices. Prices are in terms of money, fees in terms of what a whole budget would cost.
type master struct {
	simplex
	money float64
}

// newMaster is the program with the constraints that follow from the packing known, which bound it.
func (x *exact) newMaster(k *packing) *master {
	s := x.emptyMaster()
	items := make([]int, len(x.kinds))
	for i := range x.kinds {
		if x.leave > 0 {
			clear(items)
			items[i] = 1
			s.addColumn(x, &offer{cost: x.leave}, items)
		}
	}
	for _, b := range k.bought {
		clear(items)
		for _, l := range b.Loads {
			items[slices.Index(x.kinds, l.Item)] = l.Count
		}
		o := x.offerOf(b.Machine)
		s.addColumn(x, &o, items)
	}
	return s
}

// emptyMaster is the program without constraints: the items are to be worth the most, less the fees of the whole budgets.
func (x *exact) emptyMaster() *master {
	width := len(x.kinds) + len(x.scarce)
	s := &master{simplex: simplex{width: width, gain: make([]float64, width), nonBasic: make([]int, width)}}
	for c := range width {
		s.nonBasic[c] = c
		if c < len(x.kinds) {
			s.gain[c] = float64(x.count[c])
		} else {
			s.gain[c] = -1
		}
	}
	for _, o := range x.offers {
		s.money = max(s.money, float64(o.cost), 1)
	}
	return s
}

// addColumn adds a way to fill a machine: its items, less the fees, may not be worth more than it costs.
func (s *master) addColumn(x *exact, o *offer, items []int) {
	row := make([]float64, s.width)
	for i, n := range items {
		row[i] = float64(n)
	}
	for b, amount := range o.takes {
		row[len(items)+b] = -float64(amount) / float64(max(1, x.start[b]))
	}
	s.require(row, float64(o.cost)/s.money)
}
