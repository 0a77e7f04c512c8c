package plan

// GroupPods is the first part of Make, for benchmarks: it returns the number of classes.
func GroupPods(s *Snapshot) int {
	var m memory
	g := groupPods(s, m.read(s.Nodes), &preferences{})
	return len(g.classes)
}

// Packing prepares the second part of Make, for benchmarks. The function it returns places and packs and gives the number of
// machines.
func Packing(s *Snapshot) func() int {
	p := compile(s, new(Planner).know(s), &preferences{})
	return func() int { return len(p.solve().spots) - len(p.nodes) }
}
