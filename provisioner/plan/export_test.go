package plan

import corev1 "k8s.io/api/core/v1"

// GroupPods is the first half of Make, for benchmarks: it returns the number of classes.
func GroupPods(pods []*corev1.Pod) int {
	g := groupPods(pods)
	return len(g.classes)
}

// Packing prepares the second half of Make, for benchmarks. The function it returns packs and gives the number of machines.
func Packing(s *Snapshot) func() int {
	p := compile(s)
	return func() int { return len(p.pack(newBudget(p.groups, s.Limits)).purchases) }
}
