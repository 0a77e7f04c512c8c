// Package candidates decides which nodes of a group may go, and why the others stay. It is pure.
package candidates

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Group is a NodeGroup as this decision sees it.
type Group struct {
	// Min and Desired are its lower bound and its wanted size; Desired is within the bounds.
	Min, Desired int
	// ScaleDown says whether nodes may go because they are empty.
	ScaleDown bool
	// Window is how long a node must have been empty.
	Window time.Duration
	// Nodes are those that stay for now; nodes already being removed are left out.
	Nodes []Node
}

// Node is a member of a group.
type Node struct {
	Name    string
	Created time.Time
	// Marked says that its removal has begun.
	Marked bool
	// Joined says that it has become a Node.
	Joined bool
	// Workloads is the number of pods that would have to move.
	Workloads int
	// Awaited says that a pod which still waits was promised this node, and AwaitedUntil when that ceases to count.
	Awaited      bool
	AwaitedUntil time.Time
	// EmptySince is when it last became empty; zero while it is not.
	EmptySince time.Time
	// Protected says why it must not be touched; empty when it may.
	Protected string
}

// Reason says why a node may go, or must stay. Its values are part of the API.
type Reason string

// Reasons to go.
const (
	// Surplus: the group has more nodes than its desired size.
	Surplus Reason = "Surplus"
	// Empty: it has run no workload for the whole window.
	Empty Reason = "Empty"
)

// Reasons to stay.
const (
	Busy         Reason = "Busy"         // workloads run on it
	Arriving     Reason = "Arriving"     // it has not joined yet
	Promised     Reason = "Promised"     // pods wait for it
	Waiting      Reason = "Waiting"      // it is empty, the window has not passed
	MinNodes     Reason = "MinNodes"     // the group is at minNodes
	BelowDesired Reason = "BelowDesired" // the group wants more nodes than it has
	SwitchedOff  Reason = "SwitchedOff"  // the group's scale-down is off
	NodeProtect  Reason = "Protected"    // somebody protects it
)

// Verdict is the decision about one node.
type Verdict struct {
	Node string
	// Go says whether it may be removed now.
	Go     bool
	Reason Reason
	// Message explains the reason for people.
	Message string
	// Again is when the decision may change by the mere passing of time; zero when it will not.
	Again time.Time
}

// Decide judges every node of a group at a point in time, in the order in which they would be removed.
func Decide(group Group, now time.Time) []Verdict {
	nodes := slices.Clone(group.Nodes)
	slices.SortFunc(nodes, removalOrder)
	verdicts := make([]Verdict, len(nodes))
	surplus, spare := len(nodes)-group.Desired, len(nodes)-group.Min
	below := surplus < 0
	for i, node := range nodes {
		verdict := judge(group, node, now)
		switch {
		case node.Protected != "":
			verdict = Verdict{Reason: NodeProtect, Message: node.Protected}
		case surplus > 0:
			verdict = Verdict{Go: true, Reason: Surplus, Message: fmt.Sprintf("the group wants %d nodes and has %d", group.Desired, len(nodes))}
		case verdict.Go && below:
			verdict = Verdict{Reason: BelowDesired, Message: fmt.Sprintf("it is empty, but the group wants %d nodes and has %d", group.Desired, len(nodes))}
		case verdict.Go && spare <= 0:
			verdict = Verdict{Reason: MinNodes, Message: fmt.Sprintf("it is empty, but the group keeps %d nodes", group.Min)}
		}
		if verdict.Go {
			surplus--
			spare--
		}
		verdict.Node = node.Name
		verdicts[i] = verdict
	}
	return verdicts
}

// judge decides about a node by itself, its group's size apart.
func judge(group Group, node Node, now time.Time) Verdict {
	due := node.EmptySince.Add(group.Window)
	switch {
	case !node.Joined:
		return Verdict{Reason: Arriving, Message: "it has not joined yet"}
	case node.Workloads > 0:
		return Verdict{Reason: Busy, Message: fmt.Sprintf("%d workload pods run on it", node.Workloads)}
	case node.Awaited:
		return Verdict{Reason: Promised, Message: "pods that were planned for it still wait", Again: node.AwaitedUntil}
	case !group.ScaleDown:
		return Verdict{Reason: SwitchedOff, Message: "scale-down of the group is switched off"}
	case node.EmptySince.IsZero():
		return Verdict{Reason: Waiting, Message: fmt.Sprintf("it must be empty for %v", group.Window)}
	case now.Before(due):
		return Verdict{Reason: Waiting, Message: fmt.Sprintf("it must be empty for %v", group.Window), Again: due}
	}
	return Verdict{Go: true, Reason: Empty, Message: fmt.Sprintf("it has been empty for %v", now.Sub(node.EmptySince).Truncate(time.Second))}
}

// removalOrder puts first what hurts least: a removal that has begun, then nodes that nobody waits for, then those with the
// fewest workloads, then those that have not joined, then the youngest.
func removalOrder(a, b Node) int {
	return cmp.Or(
		firstIf(a.Marked, b.Marked),
		firstIf(!a.Awaited, !b.Awaited),
		cmp.Compare(a.Workloads, b.Workloads),
		firstIf(!a.Joined, !b.Joined),
		b.Created.Compare(a.Created),
		cmp.Compare(a.Name, b.Name),
	)
}

// firstIf orders what is true before what is not.
func firstIf(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
