package plan

// fewestTries and fillWork bound how many candidates are filled before one is chosen: always some, and more of them while few
// classes are left and a fill is cheap. They count work and not time, so that the plan does not depend on the load.
const (
	fewestTries = 8
	fillWork    = 4000
)

// packer buys machines one pattern after the other until no pod can be helped.
type packer struct {
	packing
	p      *problem
	scarce []bool // groups where room counts for more than price
	valuation
	// waiting are the classes with pods left, in the order of the problem.
	waiting []int
	fill    *filler
}

func newPacker(p *problem, b budget, scarce []bool) *packer {
	k := &packer{p: p, scarce: scarce, valuation: newValuation(p)}
	k.fill = newFiller(k)
	k.budget, k.left = b, make([]int, len(p.classes))
	for i := range p.classes {
		k.left[i] = p.classes[i].rest()
		k.waiting = append(k.waiting, i)
	}
	return k
}

// buy finds the pattern for the most valuable pod that is left, and buys it as often as its pods allow. It reports false when
// no machine can be bought for any pod.
func (k *packer) buy() bool {
	k.drop()
	k.revalue()
	seed := k.mostValuable()
	if seed < 0 {
		return false
	}
	best := k.choose(seed)
	group := k.p.candidates[best.candidate].group
	times := k.budget.most(group)
	for _, l := range best.loads {
		times = min(times, k.left[l.class]/l.pods)
	}
	for _, l := range best.loads {
		k.left[l.class] -= times * l.pods
	}
	k.budget.spend(group, times)
	for range times {
		k.purchases = append(k.purchases, best)
	}
	return true
}

// drop forgets the classes without pods.
func (k *packer) drop() {
	kept := k.waiting[:0]
	for _, c := range k.waiting {
		if k.left[c] > 0 {
			kept = append(kept, c)
		}
	}
	k.waiting = kept
}

// mostValuable is the class whose pods are worth most, or -1 when none can be helped.
func (k *packer) mostValuable() int {
	seed := -1
	for _, c := range k.waiting {
		if k.worth[c] > 0 && (seed < 0 || k.worth[c] > k.worth[seed]) {
			seed = c
		}
	}
	return seed
}

// choose fills the candidates that promise most and gives the one with the lowest price for the worth of its pods. In a scarce
// group it is the one with the highest worth.
func (k *packer) choose(seed int) purchase {
	tries := max(fewestTries, fillWork/len(k.waiting))
	roomy := k.onlyScarce(seed)
	if roomy {
		tries = len(k.ranked)
	}
	var best purchase
	var bestScore float64
	for _, c := range k.ranked {
		if !k.p.fits.row(seed)[c] || k.scarce[k.p.candidates[c].group] != roomy {
			continue
		}
		if !roomy && k.promise(c) <= bestScore {
			continue
		}
		worth := k.fill.pattern(c, seed)
		score := worth / k.cost[c]
		if roomy {
			score = worth
		}
		if score > bestScore {
			best, bestScore = purchase{candidate: c, loads: k.fill.take()}, score
		}
		if tries--; tries == 0 {
			break
		}
	}
	return best
}

// onlyScarce tells whether the class can be helped in scarce groups only.
func (k *packer) onlyScarce(class int) bool {
	for _, c := range k.ranked {
		if k.p.fits.row(class)[c] && !k.scarce[k.p.candidates[c].group] {
			return false
		}
	}
	return true
}
