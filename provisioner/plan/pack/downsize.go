package pack

// downsize moves each purchase to the cheapest machine that still holds its items, until none can move. It ends because every move
// lowers the price.
func (m *model) downsize(k *packing) {
	used := make(Vector, m.dims)
	for moved := true; moved; {
		moved = false
		for i := 0; i < len(k.bought); i++ {
			b := &k.bought[i]
			m.sum(used, b.Loads)
			to, times := m.cheaper(b, used, k.budget)
			if to < 0 {
				continue
			}
			k.budget.spend(&m.Machines[b.Machine], -times)
			k.budget.spend(&m.Machines[to], times)
			if times < b.Times {
				rest := *b
				rest.Times -= times
				k.bought = append(k.bought, rest)
				b = &k.bought[i]
			}
			b.Machine, b.Times, moved = to, times, true
		}
	}
}

// cheaper is the cheapest machine that could take the place of the bought one and costs less, and how many can be exchanged; or -1.
func (m *model) cheaper(b *Purchase, used Vector, left budget) (machine, times int) {
	current := &m.Machines[b.Machine]
	for _, j := range m.market {
		other := &m.Machines[j]
		if other.Cost >= current.Cost {
			break
		}
		if !holds(other.Free, used) || !m.admits(j, b.Loads) {
			continue
		}
		if n := left.swaps(current, other, b.Times); n > 0 {
			return j, n
		}
	}
	return -1, 0
}
