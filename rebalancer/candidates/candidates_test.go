package candidates_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vpsie/vpsie-autoscaler/rebalancer/candidates"
)

const window = 10 * time.Minute

var now = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func group(minimum, desired int, nodes ...candidates.Node) candidates.Group {
	return candidates.Group{Min: minimum, Desired: desired, ScaleDown: true, Window: window, Nodes: nodes}
}

// busy, empty and arriving are nodes as they are met most; change makes another of one.
func busy(name string, workloads int) candidates.Node {
	return candidates.Node{Name: name, Joined: true, Workloads: workloads, Created: now.Add(-time.Hour)}
}

func empty(name string, since time.Duration) candidates.Node {
	return candidates.Node{Name: name, Joined: true, EmptySince: now.Add(-since), Created: now.Add(-time.Hour)}
}

func arriving(name string) candidates.Node { return candidates.Node{Name: name, Created: now} }

func change(node candidates.Node, apply func(*candidates.Node)) candidates.Node {
	apply(&node)
	return node
}

func TestVerdictOnOneNode(t *testing.T) {
	tests := map[string]struct {
		group candidates.Group
		want  candidates.Verdict
	}{
		"empty for the whole window": {group(0, 1, empty("n", window)), candidates.Verdict{Go: true, Reason: candidates.Empty}},
		"empty for a second less": {group(0, 1, empty("n", window-time.Second)),
			candidates.Verdict{Reason: candidates.Waiting, Again: now.Add(time.Second)}},
		"not known since when it is empty": {group(0, 1, change(empty("n", 0), func(n *candidates.Node) { n.EmptySince = time.Time{} })),
			candidates.Verdict{Reason: candidates.Waiting}},
		"workloads run on it": {group(0, 1, busy("n", 2)), candidates.Verdict{Reason: candidates.Busy}},
		"workloads came after it was seen empty": {group(0, 1, change(empty("n", window), func(n *candidates.Node) { n.Workloads = 1 })),
			candidates.Verdict{Reason: candidates.Busy}},
		"it has not joined": {group(0, 1, arriving("n")), candidates.Verdict{Reason: candidates.Arriving}},
		"pods wait for it": {group(0, 1, change(empty("n", window), func(n *candidates.Node) { n.Awaited = true })),
			candidates.Verdict{Reason: candidates.Promised}},
		"somebody protects it": {group(0, 1, change(empty("n", window), func(n *candidates.Node) { n.Protected = "keep" })),
			candidates.Verdict{Reason: candidates.NodeProtect}},
		"the group keeps it":          {group(1, 1, empty("n", window)), candidates.Verdict{Reason: candidates.MinNodes}},
		"the group wants more nodes":  {group(0, 2, empty("n", window)), candidates.Verdict{Reason: candidates.BelowDesired}},
		"scale-down is switched off":  {off(group(0, 1, empty("n", window))), candidates.Verdict{Reason: candidates.SwitchedOff}},
		"surplus while busy":          {group(0, 0, busy("n", 9)), candidates.Verdict{Go: true, Reason: candidates.Surplus}},
		"surplus while arriving":      {group(0, 0, arriving("n")), candidates.Verdict{Go: true, Reason: candidates.Surplus}},
		"surplus with scale-down off": {off(group(0, 0, busy("n", 1))), candidates.Verdict{Go: true, Reason: candidates.Surplus}},
		"surplus but protected": {group(0, 0, change(busy("n", 1), func(n *candidates.Node) { n.Protected = "keep" })),
			candidates.Verdict{Reason: candidates.NodeProtect}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			verdicts := candidates.Decide(test.group, now)
			test.want.Node = "n"
			if diff := cmp.Diff([]candidates.Verdict{test.want}, verdicts, cmpopts.IgnoreFields(candidates.Verdict{}, "Message")); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
			if verdicts[0].Message == "" {
				t.Error("the verdict is not explained")
			}
		})
	}
}

func off(g candidates.Group) candidates.Group {
	g.ScaleDown = false
	return g
}

func TestNodesGoInTheOrderInWhichItHurtsLeast(t *testing.T) {
	nodes := []candidates.Node{
		busy("busiest", 5),
		change(busy("awaited", 0), func(n *candidates.Node) { n.Awaited = true }),
		busy("less-busy", 1),
		change(empty("old", 0), func(n *candidates.Node) { n.Created = now.Add(-2 * time.Hour) }),
		empty("young-b", 0),
		empty("young-a", 0),
		arriving("arriving"),
		change(busy("marked", 7), func(n *candidates.Node) { n.Marked = true }),
	}
	var got []string
	for _, verdict := range candidates.Decide(group(0, 0, nodes...), now) {
		got = append(got, verdict.Node)
	}
	want := []string{"marked", "arriving", "young-a", "young-b", "old", "less-busy", "busiest", "awaited"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestHowManyNodesOfAGroupGo(t *testing.T) {
	three := []candidates.Node{empty("a", window), empty("b", window), empty("c", window)}
	tests := map[string]struct {
		group candidates.Group
		want  map[string]candidates.Reason // of those that go
	}{
		"all that are empty":      {group(0, 3, three...), map[string]candidates.Reason{"a": candidates.Empty, "b": candidates.Empty, "c": candidates.Empty}},
		"never below the minimum": {group(2, 3, three...), map[string]candidates.Reason{"a": candidates.Empty}},
		"none at the minimum":     {group(3, 3, three...), map[string]candidates.Reason{}},
		"surplus first, then the empty down to the minimum": {group(1, 2, three...),
			map[string]candidates.Reason{"a": candidates.Surplus, "b": candidates.Empty}},
		"surplus of busy nodes, exactly as many": {group(0, 1, busy("a", 1), busy("b", 2), busy("c", 3)),
			map[string]candidates.Reason{"a": candidates.Surplus, "b": candidates.Surplus}},
		"a protected node passes its turn on": {
			group(0, 1, change(empty("a", window), func(n *candidates.Node) { n.Protected = "keep" }), busy("b", 1)),
			map[string]candidates.Reason{"b": candidates.Surplus},
		},
		"none of a group that is below its size": {group(0, 4, three...), map[string]candidates.Reason{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := map[string]candidates.Reason{}
			for _, verdict := range candidates.Decide(test.group, now) {
				if verdict.Go {
					got[verdict.Node] = verdict.Reason
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("nodes that go (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWhateverTheGroupIsLike tries many groups: what Decide allows never breaks the bounds, and the order of the input never
// matters.
func TestWhateverTheGroupIsLike(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		g := group(0, 0)
		for i := range random.IntN(7) {
			node := candidates.Node{
				Name: string(rune('a' + i)), Created: now.Add(-time.Duration(random.IntN(3)) * time.Hour),
				Marked: random.IntN(5) == 0, Joined: random.IntN(4) > 0, Workloads: random.IntN(3), Awaited: random.IntN(5) == 0,
			}
			if node.Workloads == 0 {
				node.EmptySince = now.Add(-time.Duration(random.IntN(20)) * time.Minute)
			}
			if random.IntN(6) == 0 {
				node.Protected = "keep"
			}
			g.Nodes = append(g.Nodes, node)
		}
		g.Min = random.IntN(4)
		g.Desired = g.Min + random.IntN(4)
		g.ScaleDown = random.IntN(4) > 0
		checkGroup(t, g)

		shuffled := g
		shuffled.Nodes = append([]candidates.Node(nil), g.Nodes...)
		random.Shuffle(len(shuffled.Nodes), func(i, j int) { shuffled.Nodes[i], shuffled.Nodes[j] = shuffled.Nodes[j], shuffled.Nodes[i] })
		if diff := cmp.Diff(candidates.Decide(g, now), candidates.Decide(shuffled, now)); diff != "" {
			t.Fatalf("the order of the nodes changed the verdicts of %+v (-want +got):\n%s", g, diff)
		}
	}
}

func checkGroup(t *testing.T, g candidates.Group) {
	t.Helper()
	nodes := map[string]candidates.Node{}
	for _, node := range g.Nodes {
		nodes[node.Name] = node
	}
	left, emptied := len(g.Nodes), 0
	for _, verdict := range candidates.Decide(g, now) {
		node := nodes[verdict.Node]
		if !verdict.Go {
			if !verdict.Again.IsZero() && !verdict.Again.After(now) {
				t.Fatalf("%s of %+v: is to be looked at again in the past, at %v", node.Name, g, verdict.Again)
			}
			continue
		}
		left--
		if node.Protected != "" {
			t.Fatalf("%s of %+v goes although it is protected", node.Name, g)
		}
		if verdict.Reason == candidates.Empty {
			emptied++
			if node.Workloads > 0 || node.Awaited || !node.Joined || now.Sub(node.EmptySince) < g.Window || !g.ScaleDown {
				t.Fatalf("%s of %+v goes as empty", node.Name, g)
			}
		}
	}
	if left < min(g.Min, len(g.Nodes)) {
		t.Fatalf("%+v is left with %d nodes", g, left)
	}
	if emptied > 0 && len(g.Nodes) < g.Desired {
		t.Fatalf("%+v gives up %d empty nodes although it wants more", g, emptied)
	}
}
