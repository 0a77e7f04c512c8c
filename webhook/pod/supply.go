package pod

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Stock is what there is of nodes and what can be bought, as it was read.
type Stock struct {
	Nodes []corev1.Node
	// Groups are the NodeGroups that are there to stay.
	Groups []v1alpha1.NodeGroup
	// Daemons are one pod for each DaemonSet.
	Daemons []*corev1.Pod
	// Offerings are those of every data centre that a group stands in.
	Offerings []plan.Offering
	// SchedulerNames are the schedulers whose pods get nodes; empty means those of any scheduler.
	SchedulerNames []string
}

// Supply is a Stock in the form in which a pod can be compared with it within a fraction of a millisecond, however many nodes there
// are. It is never changed, so any number of goroutines may share one.
//
// It is about what could ever run a pod: nodes count as empty, cordons and sold-out offerings as passing, and where equal nodes
// differ in size, the largest amount of each resource counts.
type Supply struct {
	nodes     fleet
	offers    market
	daemons   []*corev1.Pod
	policy    plan.Policy
	values    map[string]*labelValues
	places    int
	seenGroup map[types.UID]int64 // the generation of each group
}

// NewSupply reads a stock. It keeps parts of it, which must not be changed any more.
func NewSupply(stock *Stock) *Supply {
	s := &Supply{
		daemons:   stock.Daemons,
		policy:    plan.Policy{SchedulerNames: stock.SchedulerNames},
		values:    map[string]*labelValues{},
		seenGroup: map[types.UID]int64{},
	}
	for i := range stock.Groups {
		s.seenGroup[stock.Groups[i].UID] = stock.Groups[i].Generation
	}
	for i := range stock.Nodes {
		s.learn(stock.Nodes[i].Labels)
		s.learnOne(nameKey, stock.Nodes[i].Name)
	}
	s.offers = newMarket(stock, s.learn)
	s.nodes = newFleet(stock.Nodes, s.values)
	for _, known := range s.values {
		slices.Sort(known.list)
	}
	return s
}

// SameGroups tells whether these are the groups that the supply was made from, in the same generation.
func (s *Supply) SameGroups(groups []v1alpha1.NodeGroup) bool {
	same := 0
	for i := range groups {
		if groups[i].DeletionTimestamp != nil {
			continue
		}
		if generation, seen := s.seenGroup[groups[i].UID]; !seen || generation != groups[i].Generation {
			return false
		}
		same++
	}
	return same == len(s.seenGroup)
}

// labelValues are the values that a label has on nodes and on what can be bought.
type labelValues struct {
	list []string
	seen map[string]bool
	// places counts the nodes, and the kinds of nodes that can be bought, which have the label.
	places int
}

// learn takes in the labels of a node, or of a node that could be bought.
func (s *Supply) learn(labels map[string]string) {
	s.places++
	for key, value := range labels {
		s.learnOne(key, value)
	}
}

func (s *Supply) learnOne(key, value string) {
	known := s.values[key]
	if known == nil {
		known = &labelValues{seen: map[string]bool{}}
		s.values[key] = known
	}
	known.places++
	if !known.seen[value] {
		known.seen[value] = true
		known.list = append(known.list, value)
	}
}

// meets tells whether any node or offering meets a requirement by itself.
func (s *Supply) meets(r requirement) bool {
	known := s.values[r.key]
	switch r.op {
	case corev1.NodeSelectorOpNotIn, corev1.NodeSelectorOpDoesNotExist:
		return true // what the label is absent from is not counted
	case corev1.NodeSelectorOpExists:
		return known != nil
	default:
		return known != nil && slices.ContainsFunc(known.list, func(value string) bool { return r.admits(value, true) })
	}
}
