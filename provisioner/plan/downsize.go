package plan

// downsize moves each purchase to the cheapest candidate, of the same group or another one, that still holds its pods, until none
// can move. It ends because every move lowers the price.
func (p *problem) downsize(k *packing) {
	used := make(vector, len(p.axis.names))
	for moved := true; moved; {
		moved = false
		for i := range k.purchases {
			bought := &k.purchases[i]
			p.sum(used, bought.loads)
			if to := p.cheaper(bought, used, &k.budget); to >= 0 {
				k.budget.swap(p.candidates[bought.candidate].group, p.candidates[to].group)
				bought.candidate, moved = to, true
			}
		}
	}
}

// cheaper is the cheapest candidate that could take the place of the bought one and costs less, or -1.
func (p *problem) cheaper(bought *purchase, used vector, b *budget) int {
	current := &p.candidates[bought.candidate]
	for c := range p.candidates {
		other := &p.candidates[c]
		if other.offering.Price >= current.offering.Price {
			break
		}
		if p.forSale(c) && (other.group == current.group || b.rooms[other.group] > 0) &&
			holds(other.free, used) && p.suitsAll(c, bought.loads) {
			return c
		}
	}
	return -1
}

// sum writes what the loads take together into v.
func (p *problem) sum(v vector, loads []load) {
	clear(v)
	for _, l := range loads {
		take(v, p.classes[l.class].req, -l.pods)
	}
}

func (p *problem) suitsAll(candidate int, loads []load) bool {
	for _, l := range loads {
		if !p.suits.row(p.classes[l.class].needs)[candidate] {
			return false
		}
	}
	return true
}
