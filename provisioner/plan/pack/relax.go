package pack

import "math"

// relaxation bounds from above what the items on one machine can be worth, for given worths of the kinds. Its prices are kept from
// call to call: those that served a machine last time are a good start for the next.
//
// Proof: let u be the worths and y >= 0 any prices of the resources. A set of items on machine j, n(i) of kind i, is worth
//
//	sum n·u = sum n·(u - y·size) + y·sum(n·size) <= sum n·(u - y·size) + y·free(j)
//
// and of each clique only one kind has n(i) > 0, which is at most most(i,j), the number that the machine could hold of it alone and
// that PerMachine allows. So the set is worth at most y·free(j) + sum over cliques of the largest most(i,j)·max(0, u(i) - y·size(i)).
// That holds for every y; the search below only makes it small.
type relaxation struct {
	m      *model
	lots   []lot
	slope  []float64
	trial  []float64
	excess []float64 // of each kind of the lot at hand
	work   int
}

// lot is a machine of the market with the kinds it can hold.
type lot struct {
	machine int
	kinds   []int     // by clique
	clique  []int     // of each of the kinds
	most    []float64 // how many of each the machine can hold alone
	share   []float64 // what one of each takes, in shares of the machine, side by side
	prices  []float64 // of the whole of each resource
}

func newRelaxation(m *model, market []int) *relaxation {
	r := &relaxation{m: m, slope: make([]float64, m.dims), trial: make([]float64, m.dims), excess: make([]float64, len(m.Items))}
	of, number := m.cliques()
	order := make([][]int, number)
	for i := range m.Items {
		if m.most[i] > 0 {
			order[of[i]] = append(order[of[i]], i)
		}
	}
	for _, j := range market {
		l := lot{machine: j, prices: make([]float64, m.dims)}
		free := m.Machines[j].Free
		for c, members := range order {
			for _, i := range members {
				if !m.able.row(i)[j] {
					continue
				}
				l.kinds, l.clique = append(l.kinds, i), append(l.clique, c)
				l.most = append(l.most, float64(copies(free, m.size(i), m.most[i])))
				for d, amount := range m.size(i) {
					l.share = append(l.share, float64(amount)/float64(max(1, free[d])))
				}
			}
		}
		r.lots = append(r.lots, l)
	}
	return r
}

// value is the bound for a lot at the given prices. It leaves the slope in each price.
func (r *relaxation) value(l *lot, worth, prices []float64) float64 {
	sum := 0.0
	for d, p := range prices {
		sum += p
		r.slope[d] = 1
	}
	dims := len(prices)
	for k := 0; k < len(l.kinds); {
		clique, most, at := l.clique[k], 0.0, -1
		for ; k < len(l.kinds) && l.clique[k] == clique; k++ {
			excess := worth[l.kinds[k]]
			for d, p := range prices {
				excess -= p * l.share[k*dims+d]
			}
			if excess *= l.most[k]; excess > most {
				most, at = excess, k
			}
		}
		if at < 0 {
			continue
		}
		sum += most
		for d := range prices {
			r.slope[d] -= l.most[at] * l.share[at*dims+d]
		}
	}
	r.work += len(l.kinds) * dims
	return sum
}

// bound lowers the bound of a lot by steps against the slope. Known is a worth that items on the machine do reach.
func (r *relaxation) bound(l *lot, worth []float64, known float64, steps int) float64 {
	copy(r.trial, l.prices)
	best := math.Inf(1)
	pace := 1.0
	for range steps {
		v := r.value(l, worth, r.trial)
		if v < best {
			best = v
			copy(l.prices, r.trial)
		} else {
			pace *= 0.7
		}
		norm := 0.0
		for d, s := range r.slope {
			if s > 0 && r.trial[d] == 0 {
				r.slope[d] = 0 // no price falls below nothing
			}
			norm += r.slope[d] * r.slope[d]
		}
		if norm < 1e-18 || v-known <= 1e-6*v {
			break
		}
		step := pace * (v - known) / norm
		for d, s := range r.slope {
			r.trial[d] = max(0, r.trial[d]-step*s)
		}
	}
	return best
}
