package pack


// fillWorth fills a machine of a lot for a high worth. At each step it takes the item with the best score: its size as the filler
// sees it, where a resource counts by its price and the share still free, plus strict times what the item is worth beyond the
// price of what it takes.
func (f *filler) fillWorth(l *lot, worth []float64, left []int, strict float64) float64 {
	f.begin(l.machine)
	dims := f.m.dims
	f.openAt = f.openAt[:0]
	for k, i := range l.kinds {
		if worth[i] <= 0 || left[i] <= 0 {
			continue
		}
		excess := worth[i]
		for d, p := range l.prices {
			excess -= p * l.share[k*dims+d]
		}
		if strict*excess < -worth[i] {
			continue
		}
		f.open = append(f.open, i)
		f.openAt = append(f.openAt, k)
		f.excess[i] = strict * excess
	}
	sum := 0.0
	all := f.m.Machines[l.machine].Free
	for {
		norm := 0.0
		for d := range f.weights {
			f.weights[d] = 0
			if all[d] > 0 {
				p := l.prices[d] / float64(all[d])
				f.unit[d] = p
				f.weights[d] = p * p * float64(f.free[d])
				norm += f.weights[d] * float64(f.free[d])
			}
		}
		norm = 1 / max(norm, 1e-300)
		best, bestScore := -1, 0.0
		open := f.open[:0]
		for _, i := range f.open {
			score, ok := f.match(f.m.size(i), norm)
			if !ok || f.count[i] >= left[i] || f.count[i] >= f.m.most[i] || f.barred[i] {
				continue
			}
			open = append(open, i)
			if score += f.excess[i]; best < 0 || score > bestScore {
				best, bestScore = i, score
			}
		}
		f.open = open
		if best < 0 {
			return sum
		}
		f.put(best)
		sum += worth[best]
	}
}

// match is the price of what an item takes, less where its shape differs from that of the free room.
func (f *filler) match(size Vector, norm float64) (float64, bool) {
	free, weights, unit := f.free[:len(size)], f.weights[:len(size)], f.unit[:len(size)]
	along, self, price := 0.0, 0.0, 0.0
	for r, amount := range size {
		if amount > free[r] {
			return 0, false
		}
		a := float64(amount)
		along += weights[r] * a
		a *= unit[r]
		price += a
		self += a * a
	}
	if self == 0 {
		return 0, true
	}
	c := along * along * norm / self
	if Pow == 2 {
		return price * c * c, true
	}
	if Pow == 4 {
		c *= c
		return price * c * c, true
	}
	return price * c, true
}

var Pow = 2
