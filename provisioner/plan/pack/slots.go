package pack

import (
	"cmp"
	"slices"
)

// mostSlots bounds how many kinds of slots are looked at, so that the linear program of prices stays small.
const mostSlots = 12

// slot is something that every machine has one of and that the items of a clique use up: of the clique only one kind can be on a
// machine, and of that at most so many items as model.most says, so each takes that part of the slot. Where many items need a slot
// of one kind they need many machines, whatever their sizes are; so a slot has a price like a resource.
type slot struct {
	kinds []int
	on    []bool // machines that can hold one of the kinds
}

// findSlots chooses the slots which need the most machines.
func (m *model) findSlots(counts []int) {
	of, number := m.cliques()
	members, need := make([][]int, number), make([]float64, number)
	for i, n := range counts {
		if n > 0 {
			members[of[i]] = append(members[of[i]], i)
			need[of[i]] += float64(n) * m.slotShare(i)
		}
	}
	var order []int
	for c, kinds := range members {
		if len(kinds) > 1 || len(kinds) == 1 && m.Items[kinds[0]].PerMachine > 0 {
			order = append(order, c)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(need[b], need[a]) })
	m.slotOf = make([]int, len(m.Items))
	for i := range m.slotOf {
		m.slotOf[i] = -1
	}
	for _, c := range order[:min(len(order), mostSlots)] {
		s := slot{kinds: members[c], on: make([]bool, len(m.Machines))}
		for _, i := range s.kinds {
			m.slotOf[i] = len(m.slots)
			for j, ok := range m.able.row(i) {
				s.on[j] = s.on[j] || ok
			}
		}
		m.slots = append(m.slots, s)
	}
}

// slotShare is the part of a slot that one item of the kind takes.
func (m *model) slotShare(item int) float64 { return 1 / float64(max(1, m.most[item])) }

// width is the number of things that have a price: the resources, and then the slots.
func (m *model) width() int { return m.dims + len(m.slots) }

// demand is what the given numbers of items take together.
func (m *model) demand(counts []int) []float64 {
	sum := make([]float64, m.width())
	for i, n := range counts {
		if n <= 0 {
			continue
		}
		for r, amount := range m.size(i) {
			sum[r] += float64(amount) * float64(n)
		}
		if s := m.slotOf[i]; s >= 0 {
			sum[m.dims+s] += float64(n) * m.slotShare(i)
		}
	}
	return sum
}

// supply writes what a machine has into row.
func (m *model) supply(machine int, row []float64) {
	for r, amount := range m.Machines[machine].Free {
		row[r] = float64(amount)
	}
	for s := range m.slots {
		row[m.dims+s] = 0
		if m.slots[s].on[machine] {
			row[m.dims+s] = 1
		}
	}
}

// content is what all that a machine has is worth at the prices.
func (m *model) content(machine int, prices []float64) float64 {
	sum := dot(prices, m.Machines[machine].Free)
	for s := range m.slots {
		if m.slots[s].on[machine] {
			sum += prices[m.dims+s]
		}
	}
	return sum
}

// bonus is what the slot that an item takes is worth.
func (m *model) bonus(item int, prices []float64) float64 {
	if s := m.slotOf[item]; s >= 0 {
		return prices[m.dims+s] * m.slotShare(item)
	}
	return 0
}

// toll is what all that an item takes is worth at the prices.
func (m *model) toll(item int, prices []float64) float64 {
	return dot(prices, m.size(item)) + m.bonus(item, prices)
}
