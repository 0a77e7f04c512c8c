package score

import (
	"math"
	"slices"
	"time"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// Node is what is known of one node of the cluster.
type Node struct {
	// Allocatable is what pods may request on the node in total.
	Allocatable Amount
	// Requested is what the pods bound to the node request in total.
	Requested Amount
	// Price is what the node costs. Zero means that it is not known.
	Price money.PerHour
	// Spot says that the cloud may take the machine back at any time.
	Spot bool
	// Candidate says that the node is empty and will be removed if it stays so.
	Candidate bool
	// Interrupted says that the node is about to stop running its pods: it is drained, maintained or repaired.
	Interrupted bool
	// Removing says that the removal of the node has begun.
	Removing bool
}

// Plan is the intent behind one machine.
type Plan struct {
	// Node is the name that the machine's Node has or will have.
	Node string
	// Pods are the pods that the machine was bought for, as namespace/name.
	Pods []string
	// InFlight says that the machine is on its way and its Node cannot run pods yet.
	InFlight bool
	// Since is when the machine was decided on.
	Since time.Time
}

// Snapshot is an immutable picture of the nodes and of the plans behind them. A nil Snapshot knows nothing.
type Snapshot struct {
	nodes   map[string]rated
	planned map[string][]string  // pod key to the nodes bought for it
	awaited map[string]time.Time // pod key to the decision on the youngest machine that is on its way for it
}

// rated is a node with its price already compared to that of the others.
type rated struct {
	Node
	cheapness int64 // from 0, the dearest per capacity, to perMille, the cheapest
}

// NewSnapshot makes a Snapshot of the given nodes, keyed by name, and of the given plans. It keeps neither argument.
func NewSnapshot(nodes map[string]Node, plans []Plan) *Snapshot {
	s := &Snapshot{
		nodes:   make(map[string]rated, len(nodes)),
		planned: map[string][]string{},
		awaited: map[string]time.Time{},
	}
	cheapest, dearest := priceRange(nodes)
	for name, node := range nodes {
		s.nodes[name] = rated{Node: node, cheapness: cheapness(node, cheapest, dearest)}
	}
	for _, plan := range plans {
		s.addPlan(plan)
	}
	return s
}

func (s *Snapshot) addPlan(plan Plan) {
	for _, pod := range plan.Pods {
		s.planned[pod] = append(s.planned[pod], plan.Node)
		if plan.InFlight && plan.Since.After(s.awaited[pod]) {
			s.awaited[pod] = plan.Since
		}
	}
}

// Removing reports whether the removal of the named node has begun.
func (s *Snapshot) Removing(node string) bool {
	return s != nil && s.nodes[node].Removing
}

// Awaited reports whether a machine that was bought for the pod is on its way, and since when the youngest such machine is.
func (s *Snapshot) Awaited(pod string) (since time.Time, ok bool) {
	if s == nil {
		return time.Time{}, false
	}
	since, ok = s.awaited[pod]
	return since, ok
}

func (s *Snapshot) plannedFor(pod, node string) bool {
	return slices.Contains(s.planned[pod], node)
}

// priceRange returns the lowest and the highest price per capacity of the nodes whose price is known.
func priceRange(nodes map[string]Node) (cheapest, dearest int64) {
	cheapest = math.MaxInt64
	for _, node := range nodes {
		if price, known := pricePerCapacity(node); known {
			cheapest, dearest = min(cheapest, price), max(dearest, price)
		}
	}
	return cheapest, dearest
}

// cheapness places a node between the dearest and the cheapest. A node without a known price stands in the middle, as do all
// nodes when they cost the same.
func cheapness(node Node, cheapest, dearest int64) int64 {
	price, known := pricePerCapacity(node)
	if !known || cheapest >= dearest {
		return perMille / 2
	}
	return int64(perMille * (float64(dearest-price) / float64(dearest-cheapest)))
}

// bytesPerMilliCPU weighs memory against processors: 4 GiB count as much as one core, the shape of a general-purpose machine.
const bytesPerMilliCPU = 4 << 30 / 1000

// pricePerCapacity is the price of a thousandth of a core, memory converted to cores. It serves comparison only.
func pricePerCapacity(node Node) (price int64, known bool) {
	capacity := node.Allocatable.MilliCPU + node.Allocatable.Memory/bytesPerMilliCPU
	if node.Price <= 0 || capacity <= 0 {
		return 0, false
	}
	return int64(node.Price) / capacity, true
}
