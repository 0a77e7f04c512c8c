package plan

// placeOnNodes puts pods on the nodes that exist or are on their way. Pods for which nothing can be bought come first, because they
// have no other place; then big before small. Each class tries each node once, so twins never repeat a failed test.
func (p *problem) placeOnNodes(b *budget) []Placement {
	admits := p.newAdmission()
	var placed []Placement
	for _, buyable := range []bool{false, true} {
		for i := range p.classes {
			c := &p.classes[i]
			if p.buyableFor(i, b) != buyable {
				continue
			}
			for t := 0; t < len(p.nodes) && c.rest() > 0; t++ {
				node := &p.nodes[t]
				n := copies(node.free, c.req, c.rest())
				if n == 0 || !admits.ask(c.needs, t) {
					continue
				}
				take(node.free, c.req, n)
				for _, pod := range c.next(n) {
					placed = append(placed, Placement{Pod: pod, Node: node.Name})
				}
			}
		}
	}
	return placed
}

// admission remembers which needs each node admits. It is asked only where there is room, which is far from everywhere.
type admission struct {
	p     *problem
	known table
	value table
}

func (p *problem) newAdmission() *admission {
	return &admission{p: p, known: newTable(len(p.needs), len(p.nodes)), value: newTable(len(p.needs), len(p.nodes))}
}

func (a *admission) ask(needs, node int) bool {
	known, value := a.known.row(needs), a.value.row(needs)
	if !known[node] {
		known[node] = true
		value[node] = a.p.needs[needs].admits(&a.p.nodes[node].host)
	}
	return value[node]
}
