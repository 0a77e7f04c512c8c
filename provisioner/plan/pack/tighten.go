package pack

// tighten gives the machines without the room that no set of items can use: where all items that fit a machine take multiples of
// 250 of something, a machine that has 1,430 of it is as good as one with 1,250. What can be packed stays the same, and bounds that
// look at sums of sizes come closer to the truth.
func (m *model) tighten(machines []Machine) []Machine {
	tight := make([]Machine, len(machines))
	free := make(Vector, 0, len(machines)*m.dims)
	for j := range machines {
		tight[j] = machines[j]
		from := len(free)
		for r, amount := range machines[j].Free {
			if unit := m.unit(j, r); unit > 0 {
				amount -= amount % unit
			}
			free = append(free, amount)
		}
		tight[j].Free = free[from:len(free):len(free)]
	}
	return tight
}

// unit is the greatest common divisor of what the items that fit the machine take in one dimension; zero when they take nothing.
func (m *model) unit(machine, dim int) int64 {
	unit := int64(0)
	for i := range m.Items {
		if m.Items[i].Count <= 0 || !m.able.row(i)[machine] {
			continue
		}
		if unit = divisor(unit, m.size(i)[dim]); unit == 1 {
			break
		}
	}
	return unit
}
