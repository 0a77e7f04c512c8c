package pack

// listMarket lists the machines that are worth a look: at least one may be bought with the whole budget, and no other machine is as good in
// everything and no dearer. A purchase of a machine that is not listed could be exchanged for one that is, so no cost is lost, and
// what is proved of the listed machines holds for all.
//
// Machines are looked at from the cheapest on, and only earlier ones can beat one, so of two that are equal the first is kept.
func (m *model) listMarket() {
	holders := m.holders()
	m.rival = make([]int, len(m.Machines))
	for j := range m.Machines {
		m.rival[j] = -1
		if budget(m.Budgets).most(&m.Machines[j]) == 0 || holders.empty(j) {
			continue
		}
		beaten := false
		for _, k := range m.market {
			if !m.asGood(k, j, holders) {
				continue
			}
			if m.rival[j] < 0 {
				m.rival[j] = k
			}
			if beaten = m.takesNoMore(k, j); beaten {
				break
			}
		}
		if !beaten {
			m.market = append(m.market, j)
		}
	}
}

// asGood tells whether machine k holds whatever machine j holds, and costs no more.
func (m *model) asGood(k, j int, holders bitRows) bool {
	a, b := &m.Machines[k], &m.Machines[j]
	return a.Cost <= b.Cost && holds(a.Free, b.Free) && holders.covers(k, j)
}

// takesNoMore tells whether machine k takes at most as much from each budget as machine j.
func (m *model) takesNoMore(k, j int) bool {
	for _, t := range m.Machines[k].Takes {
		if t.Amount > 0 && taken(&m.Machines[j], t.Budget) < t.Amount {
			return false
		}
	}
	return true
}

// buyable tells whether the machine may be bought with what is left of the budgets, and is not pointless beside one that may be too.
func (m *model) buyable(machine int, left budget) bool {
	if left.most(&m.Machines[machine]) == 0 {
		return false
	}
	rival := m.rival[machine]
	return rival < 0 || left.most(&m.Machines[rival]) == 0
}

// taken is what a machine takes from a budget.
func taken(m *Machine, budget int) int64 {
	sum := int64(0)
	for _, t := range m.Takes {
		if t.Budget == budget {
			sum += t.Amount
		}
	}
	return sum
}

// holders gives for each machine the set of kinds it can hold.
func (m *model) holders() bitRows {
	b := bitRows{words: (len(m.Items) + 63) / 64}
	b.bits = make([]uint64, b.words*len(m.Machines))
	for i := range m.Items {
		if m.Items[i].Count <= 0 {
			continue
		}
		for j, ok := range m.able.row(i) {
			if ok {
				b.bits[j*b.words+i/64] |= 1 << (i % 64)
			}
		}
	}
	return b
}

// bitRows holds one set in each row.
type bitRows struct {
	words int
	bits  []uint64
}

func (b bitRows) row(i int) []uint64 { return b.bits[i*b.words : (i+1)*b.words] }

func (b bitRows) empty(i int) bool {
	for _, w := range b.row(i) {
		if w != 0 {
			return false
		}
	}
	return true
}

// covers tells whether set i has everything that set j has.
func (b bitRows) covers(i, j int) bool {
	large, small := b.row(i), b.row(j)
	for w := range small {
		if small[w]&^large[w] != 0 {
			return false
		}
	}
	return true
}
