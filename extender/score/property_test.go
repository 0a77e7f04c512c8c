package score_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

// rounds is how many random clusters each property is tried on.
const rounds = 300

// randomCluster has nodes of all kinds and plans for some pods, and a pod that may be one of them.
func randomCluster(d *rand.Rand) (map[string]score.Node, []score.Plan, score.Pod) {
	nodes := map[string]score.Node{}
	var plans []score.Plan
	for i := range 2 + d.IntN(12) {
		name := fmt.Sprintf("n%d", i)
		node := machine(d.Int64N(130), money.PerHour(d.Int64N(4)*30_000_000))
		for _, change := range []func(*score.Node){spot, candidate, interrupted, removing} {
			if d.IntN(4) == 0 {
				change(&node)
			}
		}
		nodes[name] = node
		if d.IntN(4) == 0 {
			plans = append(plans, score.Plan{Node: name, Pods: []string{fmt.Sprintf("shop/cart-%d", d.IntN(3))}})
		}
	}
	request := score.Amount{MilliCPU: d.Int64N(4000), Memory: d.Int64N(16 * gib)}
	return nodes, plans, score.Pod{Key: fmt.Sprintf("shop/cart-%d", d.IntN(3)), Request: request}
}

// rank is the place of a node in the order of preference, the last first. Nodes of one rank are told apart by packing and price.
func rank(node score.Node, planned bool) int {
	switch {
	case node.Removing:
		return 0
	case node.Interrupted:
		return 1
	case planned:
		return 4
	case node.Candidate:
		return 2
	}
	return 3
}

// onRandomClusters runs a property on many clusters; the seed of a failure is printed.
func onRandomClusters(t *testing.T, property func(t *testing.T, d *rand.Rand)) {
	t.Helper()
	for seed := range uint64(rounds) {
		property(t, rand.New(rand.NewPCG(seed, 0)))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// Given any cluster, then every score is in range, and a node of a better rank scores more than one of a worse.
func TestScoresKeepTheirRangeAndTheOrderOfRanks(t *testing.T) {
	onRandomClusters(t, func(t *testing.T, d *rand.Rand) {
		nodes, plans, pod := randomCluster(d)
		planned := map[string]bool{}
		for _, plan := range plans {
			planned[plan.Node] = planned[plan.Node] || plan.Pods[0] == pod.Key
		}
		snapshot := score.NewSnapshot(nodes, plans)
		for a := range nodes {
			scored := snapshot.Score(pod, a)
			if scored < 0 || scored > 10 || scored == 9 {
				t.Errorf("%s scores %d, want 0 to 8, or 10", a, scored)
			}
			for b := range nodes {
				better, worse := rank(nodes[a], planned[a]), rank(nodes[b], planned[b])
				if other := snapshot.Score(pod, b); better > worse && scored <= other {
					t.Errorf("%s %+v scores %d, not above the %d of %s %+v", a, nodes[a], scored, other, b, nodes[b])
				}
			}
		}
	})
}

// Given any node that stays, when its machine were a spot one, then it would score one less.
func TestASpotNodeScoresOneStepBelowAnEqualOne(t *testing.T) {
	onRandomClusters(t, func(t *testing.T, d *rand.Rand) {
		nodes, _, pod := randomCluster(d)
		twin := machine(d.Int64N(130), money.PerHour(d.Int64N(4)*30_000_000))
		nodes["on-demand"], nodes["spot"] = twin, with(twin, spot)
		snapshot := score.NewSnapshot(nodes, nil)
		if steady, risky := snapshot.Score(pod, "on-demand"), snapshot.Score(pod, "spot"); risky != steady-1 {
			t.Errorf("%+v scores %d on demand and %d as spot", twin, steady, risky)
		}
	})
}

// Given any node that stays, then it scores no less when more is requested on it, nor when it costs less.
func TestScoresGrowWithPackingAndFallWithPrice(t *testing.T) {
	onRandomClusters(t, func(t *testing.T, d *rand.Rand) {
		nodes, _, pod := randomCluster(d)
		// Two nodes of the extreme prices keep the range of prices as it is.
		nodes["cheapest"], nodes["dearest"] = machine(0, 1), machine(0, 200_000_000)
		node := machine(d.Int64N(100), money.PerHour(1+d.Int64N(100_000_000)))
		fuller, cheaper := node, node
		fuller.Requested.MilliCPU += d.Int64N(1000)
		fuller.Requested.Memory += d.Int64N(4 * gib)
		cheaper.Price -= money.PerHour(d.Int64N(int64(node.Price)))
		nodes["node"], nodes["fuller"], nodes["cheaper"] = node, fuller, cheaper
		snapshot := score.NewSnapshot(nodes, nil)
		of := snapshot.Score(pod, "node")
		if got := snapshot.Score(pod, "fuller"); got < of {
			t.Errorf("%+v scores %d, fuller %+v only %d", node, of, fuller, got)
		}
		if got := snapshot.Score(pod, "cheaper"); got < of {
			t.Errorf("%+v scores %d, cheaper %+v only %d", node, of, cheaper, got)
		}
	})
}

// Given a snapshot, then scoring a node allocates nothing: the scheduler asks about hundreds of nodes in each cycle.
func TestScoringAllocatesNothing(t *testing.T) {
	nodes, plans, pod := randomCluster(rand.New(rand.NewPCG(1, 0)))
	snapshot := score.NewSnapshot(nodes, plans)
	if allocations := testing.AllocsPerRun(100, func() {
		for name := range nodes {
			snapshot.Score(pod, name)
		}
	}); allocations != 0 {
		t.Errorf("%v allocations, want none", allocations)
	}
}
