package planner

import (
	"testing"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/test/snapshots"
)

// FuzzPlans looks for clusters with a plan that breaks a rule, beyond those of TestPlansOfRandomClusters. Its corpus are clusters that
// have found a mistake once: of the planner or of the verifier.
func FuzzPlans(f *testing.F) {
	for _, seed := range foundMistakes {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, seed uint64, everything bool) {
		options := snapshots.Family(seed)
		if everything {
			options = snapshots.Everything()
		}
		s := snapshots.Random(seed, options)
		for _, c := range checks {
			for _, fault := range c.made(s, seed) {
				t.Fatalf("seed %d: %s\n%s", seed, fault, snapshots.Describe(s))
			}
		}
	})
}

// foundMistakes are seeds.
var foundMistakes = []uint64{
	12,  // a bound above the price
	51,  // pods in the room of others that were still to be preempted
	78,  // a spread whose selector is not about the pod itself
	161, // a spread broken by pods that came later
	170, // a group of pods that want to be together, in two zones
	185, // DaemonSets of a node on its way
	295, // disks that exist in another zone
	353, // company on another node
	478, // pod slots of pods still to be preempted
}

// TestPlanIsEmptyForAnEmptyCluster is the smallest plan.
func TestPlanIsEmptyForAnEmptyCluster(t *testing.T) {
	c := newCluster()
	empty := map[string]*plan.Snapshot{"nothing": {}, "groups without pods": {Groups: c.s.Groups, Offerings: c.s.Offerings}}
	for name, s := range empty {
		for _, c := range checks {
			for _, fault := range c.made(s, 1) {
				t.Errorf("%s: %s", name, fault)
			}
		}
		if p := plan.Make(s); len(p.NewNodes)+len(p.Placed)+len(p.Left) > 0 || p.Price != 0 {
			t.Errorf("%s: got %s, want nothing", name, render(p))
		}
	}
}
