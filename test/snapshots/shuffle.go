package snapshots

import (
	"math/rand/v2"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Shuffle gives a copy of a snapshot in which every order that must not matter is another one.
func Shuffle(s *plan.Snapshot, seed uint64) *plan.Snapshot {
	r := rand.New(rand.NewPCG(seed, 11))
	c := Clone(s)
	mix(r, c.Pods)
	mix(r, c.Nodes)
	mix(r, c.Daemons)
	mix(r, c.Groups)
	mix(r, c.Offerings)
	mix(r, c.Storage.Claims)
	mix(r, c.Storage.Volumes)
	mix(r, c.Storage.Classes)
	mix(r, c.Policy.SchedulerNames)
	for i := range c.Nodes {
		mix(r, c.Nodes[i].Pods)
		mix(r, c.Nodes[i].Taints)
	}
	for i := range c.Groups {
		mix(r, c.Groups[i].OfferingIDs)
		mix(r, c.Groups[i].Taints)
	}
	for _, pod := range c.Pods {
		mix(r, pod.Spec.Tolerations)
	}
	return c
}

func mix[T any](r *rand.Rand, list []T) {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}
