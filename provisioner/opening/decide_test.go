package opening_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/provisioner/opening"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// ago is a moment before noon.
func ago(d time.Duration) time.Time { return noon.Add(-d) }

// ready is a closed Node of plan one that joined a minute ago and became ready some time ago.
func ready(name string, since time.Duration, fates ...opening.Fate) opening.Node {
	node := opening.Node{Name: name, Plan: "one", Joined: ago(time.Minute), Ready: ago(since)}
	for i, fate := range fates {
		node.Pods = append(node.Pods, opening.Pod{Key: types.NamespacedName{Namespace: "shop", Name: name + string(rune('1'+i))}, Fate: fate})
	}
	return node
}

// opened makes it one that was opened some time ago.
func opened(node opening.Node, since time.Duration) opening.Node {
	node.Opened = ago(since)
	return node
}

// slow makes a pod of it one that may take long to be bound.
func slow(node opening.Node, pod int) opening.Node {
	node.Pods[pod].Slow = true
	return node
}

// other makes it one of another plan.
func other(node opening.Node, plan string) opening.Node {
	node.Plan = plan
	return node
}

// coming is a Node of plan one that is on its way.
func coming(name string) opening.Node { return opening.Node{Name: name, Plan: "one"} }

// joined is a Node of plan one that joined some time ago and is not ready.
func joined(name string, since time.Duration) opening.Node {
	return opening.Node{Name: name, Plan: "one", Joined: ago(since)}
}

func TestDecide(t *testing.T) {
	const look = 10 * time.Millisecond
	began := func(since time.Duration, names ...string) opening.Round {
		return opening.Round{Awaited: ago(since + time.Second), Nominated: ago(since), Nodes: names, Passes: 1}
	}
	pass := func(n int, round opening.Round) opening.Round {
		round.Passes = n
		return round
	}
	awaited := func(since time.Duration) opening.Round { return opening.Round{Awaited: ago(since)} }
	type want struct {
		nominate, open []string
		round          opening.Round
		again          time.Duration
	}
	cases := map[string]struct {
		nodes   []opening.Node
		round   opening.Round
		refused time.Duration // how long ago; zero never
		want    want
	}{
		"nothing to open": {},
		"a Node on its way": {
			nodes: []opening.Node{coming("a")},
		},
		"a Node that is not ready is looked at when it has taken too long": {
			nodes: []opening.Node{joined("a", 20*time.Second)},
			want:  want{again: 40 * time.Second},
		},
		"a Node that has taken too long is opened as it is": {
			nodes: []opening.Node{joined("a", time.Minute)},
			want:  want{open: []string{"a"}},
		},
		"a ready Node has its pods nominated, those that wait and no others": {
			nodes: []opening.Node{ready("a", 0, opening.Waiting, opening.Elsewhere, opening.Gone, opening.Placed, opening.Waiting)},
			want:  want{nominate: []string{"a1 for a", "a5 for a"}, round: opening.Round{Awaited: noon, Nominated: noon, Nodes: []string{"a"}, Passes: 1}, again: look},
		},
		"while the scheduler refuses pods nothing is nominated": {
			nodes: []opening.Node{ready("a", 0, opening.Waiting)}, refused: 199 * time.Millisecond,
			want: want{round: awaited(0), again: look},
		},
		"when it has been quiet for a while the round begins": {
			nodes: []opening.Node{ready("a", 0, opening.Waiting)}, refused: 200 * time.Millisecond, round: awaited(time.Second),
			want: want{nominate: []string{"a1 for a"}, round: opening.Round{Awaited: ago(time.Second), Nominated: noon, Nodes: []string{"a"}, Passes: 1}, again: look},
		},
		"a scheduler that is never quiet is not waited for": {
			nodes: []opening.Node{ready("a", 0, opening.Waiting)}, refused: time.Millisecond, round: awaited(2 * time.Second),
			want: want{nominate: []string{"a1 for a"}, round: opening.Round{Awaited: ago(2 * time.Second), Nominated: noon, Nodes: []string{"a"}, Passes: 1}, again: look},
		},
		"a round whose nominations show is opened": {
			nodes: []opening.Node{ready("a", time.Second, opening.Nominated), ready("b", 0, opening.Nominated, opening.Elsewhere)}, round: began(look, "a", "b"),
			want: want{open: []string{"a", "b"}, again: look},
		},
		"a round whose nominations do not show yet waits a moment": {
			nodes: []opening.Node{ready("a", time.Second, opening.Nominated, opening.Waiting)}, round: began(99*time.Millisecond, "a"),
			want: want{round: began(99*time.Millisecond, "a"), again: look},
		},
		"nominations that do not show after that are renewed": {
			nodes: []opening.Node{ready("a", time.Second, opening.Nominated, opening.Waiting)}, round: began(100*time.Millisecond, "a"),
			want: want{nominate: []string{"a2 for a"}, round: opening.Round{Awaited: ago(1100 * time.Millisecond), Nominated: noon, Nodes: []string{"a"}, Passes: 2}, again: look},
		},
		"but not for ever": {
			nodes: []opening.Node{ready("a", time.Second, opening.Nominated, opening.Waiting)}, round: pass(3, began(100*time.Millisecond, "a")),
			want: want{open: []string{"a"}, again: look},
		},
		"a Node that becomes ready during a round is left to the next": {
			nodes: []opening.Node{ready("a", time.Second, opening.Nominated), ready("b", 0, opening.Waiting)}, round: began(look, "a"),
			want: want{open: []string{"a"}, again: look},
		},
		"a Node that ceases to be ready during a round is left to a later one": {
			nodes: []opening.Node{ready("a", time.Second, opening.Nominated), joined("b", 20*time.Second)}, round: began(look, "a", "b"),
			want: want{open: []string{"a"}, again: look},
		},
		"a ready Node waits for one of its plan that is on its way": {
			nodes: []opening.Node{ready("a", 3*time.Second, opening.Waiting), coming("b")},
			want:  want{again: 7 * time.Second},
		},
		"a ready Node waits for one of its plan that is not ready": {
			nodes: []opening.Node{joined("b", time.Second), ready("a", 3*time.Second, opening.Waiting)},
			want:  want{again: 7 * time.Second},
		},
		"all wait as long as the first": {
			nodes: []opening.Node{ready("a", 10*time.Second, opening.Waiting), ready("b", time.Second, opening.Waiting), coming("c")},
			want: want{nominate: []string{"a1 for a", "b1 for b"},
				round: opening.Round{Awaited: noon, Nominated: noon, Nodes: []string{"a", "b"}, Passes: 1}, again: look},
		},
		"those that are left wait for each other": {
			nodes: []opening.Node{opened(ready("a", time.Minute, opening.Placed), 2*time.Second), ready("b", time.Second, opening.Waiting), coming("c")},
			want:  want{again: 9 * time.Second},
		},
		"another plan is not waited for": {
			nodes: []opening.Node{ready("a", time.Second, opening.Waiting), other(coming("b"), "two")},
			want: want{nominate: []string{"a1 for a"},
				round: opening.Round{Awaited: noon, Nominated: noon, Nodes: []string{"a"}, Passes: 1}, again: look},
		},
		"Nodes of unknown plans do not wait for each other": {
			nodes: []opening.Node{other(ready("a", time.Second, opening.Waiting), ""), other(coming("b"), "")},
			want: want{nominate: []string{"a1 for a"},
				round: opening.Round{Awaited: noon, Nominated: noon, Nodes: []string{"a"}, Passes: 1}, again: look},
		},
		"nominations lost just before the opening are renewed": {
			nodes: []opening.Node{opened(ready("a", time.Minute, opening.Placed, opening.Waiting, opening.Nominated), 499*time.Millisecond)},
			want:  want{nominate: []string{"a2 for a"}, again: look},
		},
		"those lost later are not: there is no room any more": {
			nodes: []opening.Node{opened(ready("a", time.Minute, opening.Waiting, opening.Nominated), 500*time.Millisecond)},
			want:  want{again: time.Second},
		},
		"an opened Node is watched until nominations have had their time": {
			nodes: []opening.Node{opened(ready("a", time.Minute, opening.Nominated), 11500*time.Millisecond)},
			want:  want{again: 500 * time.Millisecond},
		},
		"nominations that led to no binding are taken back, but for pods that may take long": {
			nodes: []opening.Node{opened(slow(ready("a", time.Minute, opening.Placed, opening.Nominated, opening.Nominated, opening.Waiting), 2), 12*time.Second)},
			want:  want{nominate: []string{"a2 for "}},
		},
		"an opened Node whose pods have their nodes is left alone": {
			nodes: []opening.Node{opened(ready("a", time.Minute, opening.Placed, opening.Elsewhere, opening.Gone), time.Second)},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			snapshot := opening.Snapshot{Nodes: c.nodes, Round: c.round, Patience: time.Minute, Together: 10 * time.Second, Now: noon}
			if c.refused > 0 {
				snapshot.Refused = ago(c.refused)
			}
			decision := opening.Decide(snapshot)
			got := want{round: decision.Round, again: decision.Again}
			for _, nomination := range decision.Nominate {
				got.nominate = append(got.nominate, nomination.Pod.Name+" for "+nomination.Node)
			}
			for _, opening := range decision.Open {
				got.open = append(got.open, opening.Node)
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(want{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("decision (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOpeningsSayWhy(t *testing.T) {
	whole := []opening.Fate{opening.Nominated, opening.Nominated, opening.Elsewhere, opening.Gone, opening.Placed, opening.Waiting}
	cases := map[string]struct {
		node opening.Node
		want string
	}{
		"not ready in time": {joined("a", 90*time.Second), "it was not ready 1m0s after it had joined, so pods may come that do not tolerate the taint " +
			"autoscaler.vpsie.com/uninitialized; none is nominated for it"},
		"all nominated": {ready("a", time.Minute, opening.Nominated), "1 of the 1 pods that it was bought for are nominated for it"},
		"some": {ready("a", time.Minute, whole...), "2 of the 6 pods that it was bought for are nominated for it, " +
			"1 have another node, 1 have gone, 1 run there already, 1 are not nominated yet"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			decision := opening.Decide(opening.Snapshot{
				Nodes: []opening.Node{c.node}, Patience: time.Minute, Now: noon,
				Round: opening.Round{Nodes: []string{"a"}, Nominated: ago(time.Second), Passes: 3},
			})
			if len(decision.Open) != 1 || decision.Open[0].Why != c.want {
				t.Errorf("openings %+v, want one because\n%s", decision.Open, c.want)
			}
		})
	}
}

// Whatever the Nodes, a decision says when to look again as long as something is not open.
func FuzzSomethingIsAlwaysDueWhileANodeIsClosed(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3}, true, int16(30))
	f.Add([]byte{3, 3, 3}, false, int16(-5))
	f.Fuzz(func(t *testing.T, kinds []byte, refused bool, since int16) {
		snapshot := opening.Snapshot{Patience: time.Minute, Together: 10 * time.Second, Now: noon}
		if refused {
			snapshot.Refused = ago(time.Duration(since) * time.Millisecond)
		}
		for i, kind := range kinds {
			name := string(rune('a' + i%26))
			age := time.Duration(kind) * 250 * time.Millisecond
			switch kind % 4 {
			case 0:
				snapshot.Nodes = append(snapshot.Nodes, coming(name))
			case 1:
				snapshot.Nodes = append(snapshot.Nodes, joined(name, age))
			case 2:
				snapshot.Nodes = append(snapshot.Nodes, ready(name, age, opening.Waiting))
			default:
				snapshot.Nodes = append(snapshot.Nodes, opened(ready(name, age, opening.Waiting), age))
			}
		}
		decision := opening.Decide(snapshot)
		closed := slices.ContainsFunc(snapshot.Nodes, func(n opening.Node) bool { return n.Opened.IsZero() && !n.Joined.IsZero() })
		if closed && decision.Again <= 0 && len(decision.Open) == 0 {
			t.Fatalf("a Node is closed and nothing is due: %+v", decision)
		}
		for _, nomination := range decision.Nominate {
			at := slices.IndexFunc(snapshot.Nodes, func(n opening.Node) bool { return n.Name == nomination.Node && !n.Ready.IsZero() })
			if at < 0 && nomination.Node != "" {
				t.Fatalf("pod %s is nominated for %s, which is not ready", nomination.Pod, nomination.Node)
			}
		}
	})
}
