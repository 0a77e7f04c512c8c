package pack

import "slices"

// cliques gives each kind the number of its clique: kinds of one clique exclude each other, so that a machine holds items of at most
// one of them. Most kinds are a clique of their own. Any such partition serves; this one is found from the first kind on.
func (m *model) cliques() (of []int, number int) {
	of = make([]int, len(m.Items))
	for i := range of {
		of[i] = -1
	}
	for i := range m.Items {
		if of[i] >= 0 {
			continue
		}
		of[i] = number
		members := []int{i}
		for _, k := range m.Items[i].Excludes {
			if k > i && of[k] < 0 && m.excludesAll(k, members) {
				of[k] = number
				members = append(members, k)
			}
		}
		number++
	}
	return of, number
}

func (m *model) excludesAll(item int, others []int) bool {
	for _, o := range others {
		if !slices.Contains(m.Items[item].Excludes, o) {
			return false
		}
	}
	return true
}
