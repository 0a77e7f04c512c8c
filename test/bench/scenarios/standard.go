package scenarios

import (
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"
)

// Standard is a scenario that can be made from its description.
type Standard struct {
	Name string
	// About says in a few words what is asked.
	About string
	// Slow marks one for which a planner that looks at pods one by one needs minutes.
	Slow   bool
	market Market
	seed   uint64
	pods   func(*rand.Rand, Market) []*corev1.Pod
}

// Make draws the scenario. It is the same each time.
func (s Standard) Make() *Scenario {
	r := rand.New(rand.NewPCG(s.seed, 0x5ce7a210))
	return &Scenario{Name: s.Name, Offerings: catalogue(r, s.market), Pods: s.pods(r, s.market)}
}

var usual = Market{Plans: 40, Zones: 3}

// All are the standard scenarios: one of each family, then variants.
func All() []Standard {
	return []Standard{
		{Name: "equal-500", About: "500 equal pods", market: usual, seed: 11,
			pods: func(*rand.Rand, Market) []*corev1.Pod { return equal(500) }},
		{Name: "shapes-2000", About: "2,000 pods, nearly all different", market: usual, seed: 12, pods: differing(2000)},
		{Name: "topology-5000", About: "5,000 pods; spread, affinity, anti-affinity", market: usual, seed: 13, pods: related(5000)},
		{Name: "selectors-10000", About: "10,000 pods, 200 deployments, selectors", market: usual, seed: 14, pods: deployed(10000, 200, true)},
		{Name: "deployments-50000", About: "50,000 pods, 500 deployments", Slow: true, market: usual, seed: 15,
			pods: deployed(50000, 500, false)},
		{Name: "shapes-1000-steep", About: "1,000 shapes; 10 offerings, large ones dear", seed: 21,
			market: Market{Plans: 10, Zones: 1, Prices: Steep}, pods: differing(1000)},
		{Name: "shapes-1000-discount", About: "1,000 shapes; 40 offerings, large ones cheap", seed: 22,
			market: Market{Plans: 40, Zones: 1, Prices: Discount}, pods: differing(1000)},
		{Name: "selectors-5000-wild", About: "5,000 pods, 150 deployments; 300 offerings in 6 zones, any price", seed: 23,
			market: Market{Plans: 50, Zones: 6, Prices: Wild}, pods: deployed(5000, 150, true)},
		{Name: "topology-2000-wide", About: "2,000 pods as topology-5000; 240 offerings in 6 zones", seed: 24,
			market: Market{Plans: 40, Zones: 6, Prices: Discount}, pods: related(2000)},
		{Name: "deployments-5000-large", About: "5,000 pods, 80 deployments; 300 offerings, any price", seed: 25,
			market: Market{Plans: 100, Zones: 3, Prices: Wild}, pods: deployed(5000, 80, false)},
	}
}

func differing(pods int) func(*rand.Rand, Market) []*corev1.Pod {
	return func(r *rand.Rand, _ Market) []*corev1.Pod { return shapes(r, pods) }
}

func related(pods int) func(*rand.Rand, Market) []*corev1.Pod {
	return func(r *rand.Rand, _ Market) []*corev1.Pod { return topology(r, pods) }
}

func deployed(pods, deployments int, selectors bool) func(*rand.Rand, Market) []*corev1.Pod {
	return func(r *rand.Rand, m Market) []*corev1.Pod {
		return workloads{pods: pods, deployments: deployments, selectors: selectors, zones: m.Zones}.draw(r)
	}
}
