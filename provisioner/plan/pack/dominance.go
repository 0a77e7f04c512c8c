package pack

// listBetter lists for each kind those that are harder to place: one of them may stand in its place wherever that is possible, and it then
// goes where that one was. So an item need not be put on a machine that has room for a harder one in its stead.
//
// Only kinds without rules are compared, so that nothing but size and machines matters. Of two that are equally hard the first counts as
// the harder, so that no two are both.
func (x *exact) listBetter() {
	x.better = make([][]int, len(x.kinds))
	for _, easy := range x.all {
		for _, hard := range x.all {
			if hard != easy && x.harder(hard, easy) && (hard < easy || !x.harder(easy, hard)) {
				x.better[easy] = append(x.better[easy], hard)
			}
		}
	}
}

// harder tells whether items of one kind may be wherever those of another are.
func (x *exact) harder(hard, easy int) bool {
	a, b := &x.m.Items[x.kinds[hard]], &x.m.Items[x.kinds[easy]]
	if len(a.Excludes) > 0 || len(b.Excludes) > 0 || b.PerMachine > 0 || !holds(x.m.size(x.kinds[hard]), x.m.size(x.kinds[easy])) {
		return false
	}
	for j, fits := range a.Fits {
		if fits && !b.Fits[j] {
			return false
		}
	}
	return true
}

// wasteful tells whether a machine could hold a harder item, which is left, in the place of one that it is given, the first kind apart.
func (b *brancher) wasteful(c *column, first int) bool {
	x, o := b.x, &b.x.offers[c.offer]
	x.work += childWork
	copy(b.free, x.m.Machines[o.machine].Free)
	for i, n := range c.items {
		take(b.free, x.m.size(x.kinds[i]), min(int(n), b.left[i]))
	}
	for i, n := range c.items {
		if n == 0 || i == first || b.left[i] == 0 {
			continue
		}
		for _, hard := range x.better[i] {
			has := int(c.items[hard])
			if has < b.left[hard] && has < o.limit[hard] && b.exchanges(x.kinds[i], x.kinds[hard]) {
				return true
			}
		}
	}
	return false
}

// exchanges tells whether there is room for one item in the place of another.
func (b *brancher) exchanges(out, in int) bool {
	gone, size := b.x.m.size(out), b.x.m.size(in)
	for r, free := range b.free {
		if free+gone[r] < size[r] {
			return false
		}
	}
	return true
}
