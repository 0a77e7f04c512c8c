package repair

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Cluster is what the decision is made from: all nodes that were ever ready, those on their way out included.
type Cluster struct {
	Nodes []Node
	// Awaited is how many nodes their groups want that are not there, or have not been ready yet.
	Awaited int
	// Timeout is how long a node may fail before it is replaced.
	Timeout time.Duration
}

// Node is a node that was ready once.
type Node struct {
	// Key is its namespace/name.
	Key string
	// Fault is why it is not ready now, a reason of the condition Ready; empty when it is ready.
	Fault string
	// Since is when it ceased to be ready.
	Since time.Time
	// Gone says that its machine is proven gone, so that there is nothing to wait for.
	Gone bool
	// Leaving says that it is being removed already, for whatever reason.
	Leaving bool
	// Protected says why it must not be replaced while its machine exists; empty when it may.
	Protected string
}

// Reason says why a node is replaced, or is not. Its values are part of the API.
type Reason string

// Reasons of verdicts.
const (
	// Failed: it has not been ready for too long. Vanished: its machine is gone. Both are replaced.
	Failed   Reason = "Failed"
	Vanished Reason = "Vanished"

	Healthy   Reason = "Healthy"   // it is ready
	Leaving   Reason = "Leaving"   // it is being removed already
	Patience  Reason = "Patience"  // it has failed, not for long enough
	Protected Reason = "Protected" // somebody protects it
	Held      Reason = "Held"      // too many others fail
)

// Verdict is the decision about one node.
type Verdict struct {
	Node string
	// Replace says whether it is to go now.
	Replace bool
	Reason  Reason
	// Message explains the reason for people.
	Message string
	// Again is when the decision may change by the mere passing of time; zero when it will not.
	Again time.Time
}

// sharePercent bounds the part of the nodes that may be in replacement at once; one node always may.
const sharePercent = 20

// Decide judges every node at a point in time, in the order in which they would be replaced: vanished ones, of which nothing is left
// to save, then those that have failed for longest.
func Decide(cluster Cluster, now time.Time) []Verdict {
	nodes := slices.Clone(cluster.Nodes)
	slices.SortFunc(nodes, func(a, b Node) int {
		return cmp.Or(goneFirst(a, b), a.Since.Compare(b.Since), cmp.Compare(a.Key, b.Key))
	})
	allowed, busy, counted := limits(cluster)
	verdicts := make([]Verdict, len(nodes))
	for i, node := range nodes {
		verdict := judge(node, cluster.Timeout, now)
		switch {
		case verdict.Replace && busy >= allowed:
			verdict.Replace, verdict.Reason = false, Held
			verdict.Message += fmt.Sprintf("; it is not replaced yet, since %d of %d nodes are in replacement and at most %d may be at once", busy, counted, allowed)
		case verdict.Replace:
			busy++
		}
		verdict.Node = node.Key
		verdicts[i] = verdict
	}
	return verdicts
}

// limits are how many nodes may be in replacement at once, how many are, and of how many nodes that is. While more fail than may be in
// replacement, a replacement is over only when the new node is ready: whatever ails the cluster may ail new nodes too.
func limits(cluster Cluster) (allowed, busy, counted int) {
	failing := 0
	for _, node := range cluster.Nodes {
		switch {
		case node.Leaving && node.Fault != "":
			busy++
		case node.Leaving:
			continue
		case node.Fault != "":
			failing++
		}
		counted++
	}
	allowed = max(1, counted*sharePercent/100)
	if failing+busy > allowed {
		busy = max(busy, cluster.Awaited)
	}
	return allowed, busy, counted
}

// judge decides about a node by itself, the others apart.
func judge(node Node, timeout time.Duration, now time.Time) Verdict {
	failed, due := now.Sub(node.Since).Truncate(time.Second), node.Since.Add(timeout)
	switch {
	case node.Leaving:
		return Verdict{Reason: Leaving, Message: "it is being removed"}
	case node.Fault == "":
		return Verdict{Reason: Healthy, Message: "it is ready"}
	case node.Gone:
		return Verdict{Replace: true, Reason: Vanished, Message: fmt.Sprintf("its machine has gone (%s)", node.Fault)}
	case now.Before(due):
		return Verdict{Reason: Patience, Message: fmt.Sprintf("it has not been ready for %v (%s) and gets %v", failed, node.Fault, timeout), Again: due}
	case node.Protected != "":
		return Verdict{Reason: Protected, Message: node.Protected}
	}
	return Verdict{Replace: true, Reason: Failed, Message: fmt.Sprintf("it has not been ready for %v (%s)", failed, node.Fault)}
}

func goneFirst(a, b Node) int {
	switch {
	case a.Gone == b.Gone:
		return 0
	case a.Gone:
		return -1
	}
	return 1
}
