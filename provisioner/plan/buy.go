package plan

import (
	"cmp"
	"slices"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/pack"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
)

// level is the candidates of groups with the same priority, the cheapest first.
type level struct {
	priority   int
	candidates []int
}

// levels gives the candidates by the priority of their groups, the highest first.
func (p *problem) levels() []level {
	byPriority := map[int]*level{}
	var priorities []int
	for c := range p.candidates {
		priority := p.groups[p.candidates[c].group].Priority
		if byPriority[priority] == nil {
			byPriority[priority] = &level{priority: priority}
			priorities = append(priorities, priority)
		}
		byPriority[priority].candidates = append(byPriority[priority].candidates, c)
	}
	slices.SortFunc(priorities, func(a, b int) int { return cmp.Compare(b, a) })
	levels := make([]level, len(priorities))
	for i, priority := range priorities {
		levels[i] = *byPriority[priority]
		slices.SortStableFunc(levels[i].candidates, func(a, b int) int { return cmp.Compare(p.candidates[a].cost, p.candidates[b].cost) })
	}
	return levels
}

// buyFor buys nodes of one level for pods of the classes. Nodes that were bought before are used first.
func (r *run) buyFor(classes []int, level *level) {
	r.lowest = level.priority
	r.useSlack(classes)
	waiting := slices.DeleteFunc(slices.Clone(classes), func(c int) bool { return !r.hopeful(c, level) })
	if len(waiting) == 0 {
		return
	}
	first := len(r.spots)
	portions := r.allot(waiting, level)
	k := r.newPacking(portions, r.bundles(waiting, level), level)
	solution := pack.Solve(&k.problem)
	if r.solved++; first > len(r.p.nodes) {
		r.solved++ // nodes that were bought for desired sizes hold pods too
	} else {
		r.proved = solution.Bound
	}
	offers := make(map[int][]offer, len(waiting))
	for _, bought := range solution.Bought {
		for range bought.Times {
			at := r.buy(k.machines[bought.Machine])
			pods := make(map[int]int, len(bought.Loads))
			for _, l := range bought.Loads {
				k.hand(l.Item, l.Count, pods)
			}
			for class, n := range pods {
				offers[class] = append(offers[class], offer{at, n})
			}
		}
	}
	for _, class := range r.leadersFirst(waiting) {
		r.openProspects(class)
		r.dole(class, offers[class])
	}
	r.trim(first)
}

// hopeful tells whether a node of the level might help pods of the class.
func (r *run) hopeful(class int, level *level) bool {
	c := &r.p.classes[class]
	if r.left[class] == 0 || c.belowCutoff {
		return false
	}
	if c.claims != nil && !r.bindable(class, level) {
		return false
	}
	if c.profile == topology.Plain || r.p.table.Near(c.profile) { // pods to be near to may still come
		return true
	}
	r.openProspects(class)
	candidate, _ := r.another(class, level)
	return candidate >= 0
}

// bindable tells whether the claims of a pod could be had on a new node of the level, given what other pods have taken.
func (r *run) bindable(class int, level *level) bool {
	return slices.ContainsFunc(level.candidates, func(c int) bool {
		_, ok := r.p.classes[class].claims.Bind(r.p.candidates[c].host.node, r.taken)
		return ok && r.p.fits.row(class)[c]
	})
}

// useSlack puts pods on nodes that have been bought already.
func (r *run) useSlack(classes []int) {
	if len(r.spots) == len(r.p.nodes) {
		return
	}
	for _, class := range r.leadersFirst(classes) {
		if r.left[class] > 0 && !r.p.classes[class].belowCutoff {
			r.openProspects(class)
			r.doleTo(class, len(r.p.nodes), len(r.spots))
		}
	}
}

// trim gives back the nodes from an index on that hold no pods, and makes the others no bigger than their pods need and of the most
// preferred group that has room.
func (r *run) trim(first int) {
	spare := r.spare()
	kept := r.spots[:first]
	for at := first; at < len(r.spots); at++ {
		s := &r.spots[at]
		if (!s.desired || spare[r.p.candidates[s.candidate].group] > 0) && r.onlyBelowCutoff(s) {
			r.removeAll(at)
		}
		if len(s.loads) == 0 {
			if group := r.p.candidates[s.candidate].group; !s.desired || spare[group] > 0 {
				spare[group]--
				r.returns(at)
				continue
			}
		}
		kept = append(kept, r.spots[at])
	}
	r.spots = kept
	for at := first; at < len(r.spots); at++ {
		if !r.spots[at].desired {
			r.promote(at)
			r.shrink(at)
		}
	}
}

// onlyBelowCutoff tells whether no pod on a spot is one that nodes are bought for.
func (r *run) onlyBelowCutoff(s *spot) bool {
	return !slices.ContainsFunc(s.loads, func(l load) bool { return !r.p.classes[l.class].belowCutoff })
}

// spare is the number of nodes of each group beyond its desired size.
func (r *run) spare() []int {
	spare := make([]int, len(r.p.groups))
	for g, group := range r.p.groups {
		spare[g] = group.Nodes - group.Desired
	}
	for at := len(r.p.nodes); at < len(r.spots); at++ {
		spare[r.p.candidates[r.spots[at].candidate].group]++
	}
	return spare
}

// promote moves a node to a group of higher priority that has got room, whatever it costs there.
func (r *run) promote(at int) {
	priority := func(c int) int { return r.p.groups[r.p.candidates[c].group].Priority }
	for c := range r.p.candidates { // the cheapest first
		if priority(c) > priority(r.spots[at].candidate) && r.holdsAll(at, c, nil) {
			r.retype(at, c)
		}
	}
}

// shrink moves a node to the cheapest candidate of its cell that holds its pods.
func (r *run) shrink(at int) {
	now := &r.p.candidates[r.spots[at].candidate]
	for c := range r.p.candidates { // the cheapest first
		to := &r.p.candidates[c]
		if to.offering.Price >= now.offering.Price {
			return
		}
		if to.cost < now.cost && r.holdsAll(at, c, nil) && r.retype(at, c) {
			return
		}
	}
}

// holdsAll tells whether a candidate could take the place of a node with its pods and more.
func (r *run) holdsAll(at, c int, more vector) bool {
	s := &r.spots[at]
	now, to := &r.p.candidates[s.candidate], &r.p.candidates[c]
	if s.desired && to.group != now.group {
		return false
	}
	if to.cell != now.cell || !r.p.forSale(c) || r.p.groups[to.group].Priority < r.p.groups[now.group].Priority {
		return false
	}
	for i := range now.free {
		used := now.free[i] - s.free[i]
		if more != nil {
			used += more[i]
		}
		if used > 0 && used > to.free[i] {
			return false
		}
	}
	return r.p.suitsAll(c, s.loads) && !r.claimed(s)
}

// claimed tells whether a pod has taken a volume that the node can reach, which another one might not.
func (r *run) claimed(s *spot) bool {
	return slices.ContainsFunc(s.loads, func(l load) bool { return r.p.classes[l.class].claims != nil })
}

// retype makes a bought node one of another candidate, if the budget allows.
func (r *run) retype(at, c int) bool {
	s := &r.spots[at]
	now, to := &r.p.candidates[s.candidate], &r.p.candidates[c]
	r.budget.spend(now.takes, -1)
	if !r.budget.allows(to.takes) || !slices.Equal(now.daemons, to.daemons) && !r.p.table.Empty() {
		r.budget.spend(now.takes, 1)
		return false
	}
	r.budget.spend(to.takes, 1)
	for i := range s.free {
		s.free[i] += to.free[i] - now.free[i]
	}
	s.candidate, s.host = c, &to.host
	return true
}
