package opening

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

const (
	// quietTime is how long kube-scheduler must have refused no pod before a round begins.
	quietTime = 200 * time.Millisecond
	// quietTimeout is how long a round waits for that. A scheduler that refuses pods all the time has more to do than to keep a plan.
	quietTimeout = 2 * time.Second
	// showTimeout is how long the Nodes of a round stay closed at most until the watch shows their nominations. Each millisecond risks
	// an attempt that fails and takes a nomination back.
	showTimeout = 100 * time.Millisecond
	// maxPasses is how often the pods of a round are nominated before its Nodes open: with many pods the first pass takes long enough for
	// some of the nominations to be lost. A scheduler that tries pods all the time would take back any number of them.
	maxPasses = 3
	// renewTime is how long after the opening nominations are renewed that were lost to an attempt which came just before it. One that is
	// lost later is lost for good: the pod has no room there any more.
	renewTime = 500 * time.Millisecond
	// watchTime is how long after the opening a nomination may last without a binding. Until then the scheduler, which makes a pod wait
	// for at most 10 s after failures, has tried it; if not, whatever it waits for, the room is free for others, and nobody counts on
	// the pod being placed.
	watchTime = 12 * time.Second
	// look is the time between two looks while something is under way, watch that at a Node which has been opened for a while.
	look, watch = 10 * time.Millisecond, time.Second
)

// Snapshot is what a decision is made from.
type Snapshot struct {
	// Nodes are those that were bought for pods and are not open yet, and those that were opened within the last seconds.
	Nodes []Node
	// Round is what the last decision asked to remember.
	Round Round
	// Refused is when kube-scheduler last refused a pod with new words, which it has when Nodes have come or changed.
	Refused time.Time
	// Patience is how long a Node that has joined may stay closed while it is not ready.
	Patience time.Duration
	// Together is how long a ready Node waits for the others of its plan.
	Together time.Duration
	Now      time.Time
}

// Node is a Node that was bought for pods, or will be one.
type Node struct {
	Name string
	// Plan identifies the plan that it is part of; empty when that is not known.
	Plan string
	// Joined is when it registered, zero while it is on its way.
	Joined time.Time
	// Ready is when it was first seen ready: pods can start there. Zero while it is not.
	Ready time.Time
	// Opened is when it was opened, zero while it is closed.
	Opened time.Time
	// Pods are those that it was bought for, once it is ready.
	Pods []Pod
}

// Pod is a pod that a Node was bought for.
type Pod struct {
	Key  types.NamespacedName
	Fate Fate
	// Slow says that binding it may take minutes, since volumes or devices are made for it, and that its nomination is kept meanwhile.
	Slow bool
}

// Fate is what has become of a pod that a Node was bought for. Its values are part of the API, as labels of a metric.
type Fate string

// Fates of pods.
const (
	Placed    Fate = "placed"    // it has that Node
	Elsewhere Fate = "elsewhere" // it has another node, or preemption makes room for it there
	Gone      Fate = "gone"      // it does not exist any more, has finished or is being deleted
	Nominated Fate = "nominated" // it waits, and kube-scheduler knows of the Node
	Waiting   Fate = "waiting"   // it waits, and kube-scheduler does not know
)

// Round is what a process remembers of the round in progress; its zero value is that there is none.
type Round struct {
	// Awaited is when the first Node of the round was found ready.
	Awaited time.Time
	// Nodes are the names of its Nodes, Nominated is when their pods were nominated last, and Passes how often; all zero before.
	Nodes     []string
	Nominated time.Time
	Passes    int
}

// Decision is what to do now.
type Decision struct {
	Nominate []Nomination
	Open     []Opening
	// Round is to be remembered.
	Round Round
	// Again is after what time to decide anew though nothing has changed; zero when there is nothing to wait for.
	Again time.Duration
}

// Nomination tells kube-scheduler of a Node that a pod may have. Without a Node it takes the nomination back.
type Nomination struct {
	Pod  types.NamespacedName
	Node string
}

// Opening is to take the startup taint off a Node.
type Opening struct {
	Node string
	// Why explains it for people.
	Why string
}

// Decide says which pods to nominate and which Nodes to open now.
func Decide(s Snapshot) Decision {
	var d Decision
	for _, node := range s.Nodes {
		switch {
		case !node.Opened.IsZero():
			d.keep(node, s.Now)
		case node.Ready.IsZero() && !node.Joined.IsZero():
			d.await(node, s)
		}
	}
	ready := d.complete(s)
	switch {
	case len(s.Round.Nodes) > 0:
		d.finish(s)
	case len(ready) > 0:
		d.begin(ready, s)
	}
	return d
}

// complete lists the ready Nodes that have not to wait for others of their plan. Pods of those that come later would take the room that
// a nomination does not keep, and every opening costs the scheduler an attempt for each pod that waits.
func (d *Decision) complete(s Snapshot) (nodes []Node) {
	missing, first := map[string]bool{}, map[string]time.Time{}
	for _, node := range s.Nodes {
		switch at, found := first[node.Plan]; {
		case !node.Opened.IsZero():
		case node.Ready.IsZero():
			missing[node.Plan] = node.Plan != ""
		case !found || node.Ready.Before(at):
			first[node.Plan] = node.Ready
		}
	}
	for _, node := range s.Nodes {
		if node.Ready.IsZero() || !node.Opened.IsZero() {
			continue
		}
		if left := s.Together - s.Now.Sub(first[node.Plan]); missing[node.Plan] && left > 0 {
			d.again(left)
			continue
		}
		nodes = append(nodes, node)
	}
	return nodes
}

// keep looks after the nominations of a Node that was opened a moment ago.
func (d *Decision) keep(node Node, now time.Time) {
	left := watchTime - now.Sub(node.Opened)
	switch {
	case !node.waits():
	case now.Sub(node.Opened) < renewTime:
		d.nominate(node)
		d.again(look)
	case left > 0:
		d.again(min(left, watch))
	default:
		d.withdraw(node)
	}
}

// withdraw takes back the nominations of pods that the scheduler should have tried by now.
func (d *Decision) withdraw(node Node) {
	for _, pod := range node.Pods {
		if pod.Fate == Nominated && !pod.Slow {
			d.Nominate = append(d.Nominate, Nomination{Pod: pod.Key})
		}
	}
}

// await bounds how long a Node may take to be ready. Its network may need a pod that does not tolerate the startup taint.
func (d *Decision) await(node Node, s Snapshot) {
	left := s.Patience - s.Now.Sub(node.Joined)
	if left > 0 {
		d.again(left)
		return
	}
	d.Open = append(d.Open, Opening{Node: node.Name, Why: fmt.Sprintf(
		"it was not ready %v after it had joined, so pods may come that do not tolerate the taint %s; none is nominated for it", s.Patience, Taint.Key)})
}

// begin starts a round with all Nodes that are ready, by nominating their pods, once the scheduler is quiet: an attempt that it makes
// between the nomination and the opening would fail, and take the nomination back.
func (d *Decision) begin(ready []Node, s Snapshot) {
	d.Round.Awaited = s.Round.Awaited
	if d.Round.Awaited.IsZero() {
		d.Round.Awaited = s.Now
	}
	d.again(look)
	if s.Now.Sub(s.Refused) < quietTime && s.Now.Sub(d.Round.Awaited) < quietTimeout {
		return
	}
	d.Round.Nominated, d.Round.Passes = s.Now, 1
	for _, node := range ready {
		d.nominate(node)
		d.Round.Nodes = append(d.Round.Nodes, node.Name)
	}
}

// finish opens the Nodes of a round when their nominations show. Those that attempts have taken back meanwhile are renewed, not for long:
// every nomination that is lost makes the scheduler try other pods again, whose nominations may be lost in turn.
func (d *Decision) finish(s Snapshot) {
	var round []Node
	shown := true
	for _, node := range s.Nodes {
		if slices.Contains(s.Round.Nodes, node.Name) && !node.Ready.IsZero() && node.Opened.IsZero() {
			round = append(round, node)
			shown = shown && node.count(Waiting) == 0
		}
	}
	d.again(look)
	switch d.Round = s.Round; {
	case !shown && s.Now.Sub(s.Round.Nominated) < showTimeout:
		return
	case !shown && s.Round.Passes < maxPasses:
		d.Round.Nominated, d.Round.Passes = s.Now, s.Round.Passes+1
		for _, node := range round {
			d.nominate(node)
		}
		return
	}
	d.Round = Round{}
	for _, node := range round {
		d.Open = append(d.Open, Opening{Node: node.Name, Why: node.summary()})
	}
}

func (d *Decision) nominate(node Node) {
	for _, pod := range node.Pods {
		if pod.Fate == Waiting {
			d.Nominate = append(d.Nominate, Nomination{Pod: pod.Key, Node: node.Name})
		}
	}
}

func (d *Decision) again(after time.Duration) {
	if d.Again == 0 || after < d.Again {
		d.Again = after
	}
}

// waits reports whether a pod of the Node has no node yet.
func (n *Node) waits() bool { return n.count(Nominated)+n.count(Waiting) > 0 }

func (n *Node) count(fate Fate) int {
	count := 0
	for _, pod := range n.Pods {
		if pod.Fate == fate {
			count++
		}
	}
	return count
}

// summary tells how far the pods of a Node know of it.
func (n *Node) summary() string {
	text := fmt.Sprintf("%d of the %d pods that it was bought for are nominated for it", n.count(Nominated), len(n.Pods))
	for _, rest := range []struct {
		fate Fate
		says string
	}{{Elsewhere, "have another node"}, {Gone, "have gone"}, {Placed, "run there already"}, {Waiting, "are not nominated yet"}} {
		if count := n.count(rest.fate); count > 0 {
			text += fmt.Sprintf(", %d %s", count, rest.says)
		}
	}
	return text
}
