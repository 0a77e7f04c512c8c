package plan

// packing is a set of machines to buy and what is then left of the budget.
type packing struct {
	purchases []purchase
	budget    budget
	left      []int // pods of each class that found no place
}

// purchase is a machine to buy and the pods it is bought for.
type purchase struct {
	candidate int
	loads     []load // shared by equal purchases
}

// load is a number of pods of one class.
type load struct{ class, pods int }

// pack decides which machines to buy for the pods that have no place. This function is the seam for a better algorithm: nothing
// outside it and the packer (packer.go, worth.go, fill.go, duals.go, downsize.go) knows how the machines are found.
//
// Buying at the lowest price for the work may use up the room of a group on small machines. Where that leaves pods behind, a
// second packing fills such groups with the machines that hold most, and the one that leaves fewer pods is taken.
func (p *problem) pack(b budget) packing {
	thrifty := p.packWith(b.clone(), make([]bool, len(p.groups)))
	scarce, found := p.scarce(&thrifty)
	if !found {
		return thrifty
	}
	roomy := p.packWith(b.clone(), scarce)
	if fewer := thrifty.leftPods() - roomy.leftPods(); fewer > 0 || fewer == 0 && p.price(&roomy) < p.price(&thrifty) {
		return roomy
	}
	return thrifty
}

func (p *problem) packWith(b budget, scarce []bool) packing {
	k := newPacker(p, b, scarce)
	for k.buy() {
		for k.buy() {
		}
		p.downsize(&k.packing) // may free room in a group that was full
	}
	return k.packing
}

// scarce marks the groups whose maximum keeps pods from being placed.
func (p *problem) scarce(k *packing) (groups []bool, found bool) {
	groups = make([]bool, len(p.groups))
	for i, left := range k.left {
		if left == 0 {
			continue
		}
		for c, ok := range p.fits.row(i) {
			if g := p.candidates[c].group; ok && p.forSale(c) && k.budget.rooms[g] == 0 {
				groups[g], found = true, true
			}
		}
	}
	return groups, found
}

func (k *packing) leftPods() int {
	sum := 0
	for _, n := range k.left {
		sum += n
	}
	return sum
}

func (p *problem) price(k *packing) float64 {
	sum := 0.0
	for i := range k.purchases {
		sum += float64(p.candidates[k.purchases[i].candidate].offering.Price)
	}
	return sum
}
