package pack

// market lists the machines that are worth a look: at least one may be bought with the whole budget, and no other machine is as good in
// everything and no dearer. A purchase of a machine that is not listed could be exchanged for one that is, so no cost is lost, and
// what is proved of the listed machines holds for all.
func (m *model) listMarket() []int {
	holders := m.holders()
	var market []int
	for j := range m.Machines {
		if budget(m.Budgets).most(&m.Machines[j]) == 0 || holders.empty(j) {
			continue
		}
		beaten := false
		for _, k := range market {
			if m.beats(k, j, holders) {
				beaten = true
				break
			}
		}
		if !beaten {
			market = append(market, j)
		}
	}
	return market
}

// beats tells whether machine k can take the place of machine j in every solution and costs no more. Machines are looked at from the
// cheapest on, so that only a machine of the same cost can beat an earlier one, and of such a pair the earlier one is kept.
func (m *model) beats(k, j int, holders bitRows) bool {
	a, b := &m.Machines[k], &m.Machines[j]
	if a.Cost > b.Cost || !holds(a.Free, b.Free) || !holders.covers(k, j) {
		return false
	}
	for _, t := range a.Takes {
		if t.Amount > 0 && taken(b, t.Budget) < taken(a, t.Budget) {
			return false
		}
	}
	return true
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
