// Package plan decides which machines to buy. It is pure: Make takes a snapshot of the cluster and the market and returns a
// plan with reasons, and the same snapshot always gives the same plan. The controller, the command line, the tests and the
// benchmarks all call this one function.
package plan

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// Snapshot is everything a plan is made from. Make reads it and never changes it.
type Snapshot struct {
	// Pods wait for a node. Their order does not matter.
	Pods []*corev1.Pod
	// Nodes exist or are on their way. Pods are placed on them before anything is bought.
	Nodes []Node
	// Daemons are one pod template for each DaemonSet: what will land on a new node before any other pod.
	Daemons []*corev1.Pod
	// Groups say what may be bought.
	Groups []Group
	// Offerings are the market.
	Offerings []Offering
	// Limits hold for the whole cluster.
	Limits Limits
}

// Node is a node that exists or is on its way.
type Node struct {
	Name          string
	Labels        map[string]string
	Taints        []corev1.Taint
	Unschedulable bool
	Allocatable   corev1.ResourceList
	// Pods run on the node or are bound to it; their requests are taken off Allocatable.
	Pods []*corev1.Pod
	// InFlight marks a node that was bought and has not joined: its labels and resources are a forecast.
	InFlight bool
}

// Group is a NodeGroup as the planner sees it.
type Group struct {
	// Key is the group's namespace/name.
	Key string
	// Nodes is the number of nodes it has, those on their way included and those being removed excluded.
	Nodes int
	// Desired is the number of nodes to bring the group to even without pods. It is at most Max.
	Desired int
	// Max is the number of nodes it may have.
	Max int
	// ScaleUp says whether nodes may be added for pending pods.
	ScaleUp bool
	// DatacenterID is where its machines stand.
	DatacenterID string
	// OfferingIDs are the offerings it may buy; empty means every one of its data centre.
	OfferingIDs []string
	// Labels and Taints are those of its future nodes.
	Labels map[string]string
	Taints []corev1.Taint
}

// Offering is something that can be bought in one data centre.
type Offering struct {
	ID           string
	Name         string // for people
	DatacenterID string
	// Labels are those that the machine itself brings: architecture, operating system, instance type, zone.
	Labels map[string]string
	// Allocatable is what pods find on such a node, before DaemonSets.
	Allocatable corev1.ResourceList
	Price       money.PerHour
	// SoldOut says that it cannot be had at the moment.
	SoldOut bool
}

// Limits hold for the whole cluster. The zero value limits nothing.
type Limits struct {
	// MaxNewNodes is the number of nodes that one plan may buy; zero means any number.
	MaxNewNodes int
}

// Plan is what to do and why.
type Plan struct {
	// NewNodes are the machines to buy.
	NewNodes []NewNode
	// Placed are the pods that fit on nodes which exist or are on their way.
	Placed []Placement
	// Left are the pods for which nothing is done, each with one reason.
	Left []Unplaced
	// Price is what the new nodes cost together.
	Price money.PerHour
	// LowerBound is a price below which no set of machines can hold the pods placed on new nodes. Zero is always valid.
	LowerBound money.PerHour
}

// NewNode is a machine to buy.
type NewNode struct {
	// GroupKey is the group it belongs to.
	GroupKey string
	// Offering points into the snapshot's offerings.
	Offering *Offering
	// Pods are the pods it is bought for; none when it is bought to reach the group's desired size.
	Pods []*corev1.Pod
	// Considered are the offerings that were looked at in order of price, the chosen one included; at most MaxConsidered.
	Considered []Considered
}

// MaxConsidered bounds the decision record of a new node.
const MaxConsidered = 16

// Considered is one offering that was looked at for a node.
type Considered struct {
	Offering *Offering
	// Verdict is VerdictChosen, or says why the offering was passed over.
	Verdict string
}

// VerdictChosen marks the offering that was chosen.
const VerdictChosen = "chosen"

// Placement is a pod that fits on a node which exists or is on its way.
type Placement struct {
	Pod  *corev1.Pod
	Node string
}

// Unplaced is a pod for which nothing is done.
type Unplaced struct {
	Pod    *corev1.Pod
	Reason Reason
	// Message names what is missing, for people.
	Message string
}

// Reason says why nothing is done for a pod. Its values are part of the API.
type Reason string

// Reasons for which nothing is done for a pod.
const (
	// ReasonTooLarge: no offering of any suitable group is large enough.
	ReasonTooLarge Reason = "TooLarge"
	// ReasonNoMatchingGroup: no group's nodes satisfy the pod's node selector, node affinity and tolerations.
	ReasonNoMatchingGroup Reason = "NoMatchingGroup"
	// ReasonSoldOut: the offerings that would do cannot be had at the moment.
	ReasonSoldOut Reason = "SoldOut"
	// ReasonGroupLimit: the groups that would do are at maxNodes, or their scale-up is switched off.
	ReasonGroupLimit Reason = "GroupLimit"
	// ReasonClusterLimit: the plan already buys as many nodes as one plan may.
	ReasonClusterLimit Reason = "ClusterLimit"
	// ReasonUnsupported: the pod has a hard constraint that the planner does not model, so that buying a node might not help.
	ReasonUnsupported Reason = "Unsupported"
)
