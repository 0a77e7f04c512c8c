package pack

// cliques gives each kind the number of its clique: kinds of one clique exclude each other, so that a machine holds items of at most
// one of them. Most kinds are a clique of their own. Any such partition serves; this one is found from the first kind on.
func (m *model) cliques() (of []int, number int) {
	of = make([]int, len(m.Items))
	for i := range of {
		of[i] = -1
	}
	hits := make([]int, len(m.Items)) // by how many members of the clique at hand a kind is excluded
	for i := range m.Items {
		if of[i] >= 0 {
			continue
		}
		members := []int{i}
		of[i] = number
		m.count(hits, i, 1)
		for _, k := range m.Items[i].Excludes {
			if of[k] < 0 && hits[k] == len(members) {
				members, of[k] = append(members, k), number
				m.count(hits, k, 1)
			}
		}
		for _, k := range members {
			m.count(hits, k, -1)
		}
		number++
	}
	return of, number
}

// count adds to the hits of the kinds that a kind excludes.
func (m *model) count(hits []int, kind, by int) {
	for _, k := range m.Items[kind].Excludes {
		hits[k] += by
	}
}
