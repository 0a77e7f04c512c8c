package repair_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/rebalancer/repair"
)

const timeout = 10 * time.Minute

var now = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// cluster is one of so many ready nodes, and others beside them.
func cluster(ready int, others ...repair.Node) repair.Cluster {
	c := repair.Cluster{Timeout: timeout, Nodes: others}
	for i := range ready {
		c.Nodes = append(c.Nodes, repair.Node{Key: fmt.Sprintf("ready-%d", i)})
	}
	return c
}

// failed is a node that has not been ready for so long.
func failed(name string, since time.Duration) repair.Node {
	return repair.Node{Key: name, Fault: "NodeNotReady", Since: now.Add(-since)}
}

func gone(name string) repair.Node {
	return repair.Node{Key: name, Fault: "MachineMissing", Since: now, Gone: true}
}

func leaving(node repair.Node) repair.Node {
	node.Leaving = true
	return node
}

func protected(node repair.Node) repair.Node {
	node.Protected = "an annotation protects it"
	return node
}

// judged are the verdicts about the nodes that are not ready, as "node reason", with a star for those that are replaced.
func judged(verdicts []repair.Verdict) (lines []string) {
	for _, verdict := range verdicts {
		if verdict.Reason == repair.Healthy {
			continue
		}
		line := verdict.Node + " " + string(verdict.Reason)
		if verdict.Replace {
			line += " *"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestNodesThatAreReplaced(t *testing.T) {
	tests := map[string]struct {
		cluster repair.Cluster
		awaited int
		want    []string
	}{
		"all ready":                       {cluster: cluster(3)},
		"failed for less than its time":   {cluster: cluster(9, failed("a", timeout-time.Second)), want: []string{"a Patience"}},
		"failed for its time":             {cluster: cluster(9, failed("a", timeout)), want: []string{"a Failed *"}},
		"machine gone a moment ago":       {cluster: cluster(9, gone("a")), want: []string{"a Vanished *"}},
		"protected":                       {cluster: cluster(9, protected(failed("a", timeout))), want: []string{"a Protected"}},
		"protected, but its machine gone": {cluster: cluster(9, protected(gone("a"))), want: []string{"a Vanished *"}},
		"being removed":                   {cluster: cluster(9, leaving(failed("a", timeout))), want: []string{"a Leaving"}},
		"the only node":                   {cluster: cluster(0, failed("a", timeout)), want: []string{"a Failed *"}},
		"one of two at a time":            {cluster: cluster(0, failed("a", timeout), failed("b", 2*timeout)), want: []string{"b Failed *", "a Held"}},
		"one of two is being replaced":    {cluster: cluster(0, failed("a", timeout), leaving(failed("b", 2*timeout))), want: []string{"b Leaving", "a Held"}},
		"a fifth of ten": {
			cluster: cluster(5, failed("a", timeout), failed("b", timeout), gone("c"), failed("d", 2*timeout), failed("e", timeout)),
			want:    []string{"c Vanished *", "d Failed *", "a Held", "b Held", "e Held"},
		},
		"half of ten, two replaced and awaited": {cluster: cluster(5, failed("a", timeout), failed("b", timeout), failed("c", timeout)), awaited: 2, want: []string{"a Held", "b Held", "c Held"}},
		"half of ten, one awaited":              {cluster: cluster(7, failed("a", timeout), failed("b", timeout), failed("c", timeout)), awaited: 1, want: []string{"a Failed *", "b Held", "c Held"}},
		"few fail while the cluster grows":      {cluster: cluster(9, failed("a", timeout)), awaited: 20, want: []string{"a Failed *"}},
		"nodes that leave in health give no allowance": {
			cluster: cluster(2, failed("a", timeout), failed("b", timeout), leaving(repair.Node{Key: "c"}), leaving(repair.Node{Key: "d"}), leaving(repair.Node{Key: "e"}),
				leaving(repair.Node{Key: "f"}), leaving(repair.Node{Key: "g"}), leaving(repair.Node{Key: "h"})),
			want: []string{"c Leaving", "d Leaving", "e Leaving", "f Leaving", "g Leaving", "h Leaving", "a Failed *", "b Held"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.cluster.Awaited = test.awaited
			if diff := cmp.Diff(test.want, judged(repair.Decide(test.cluster, now))); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVerdictsExplainThemselves(t *testing.T) {
	verdicts := repair.Decide(cluster(3, failed("a", timeout+30*time.Second), failed("b", timeout+time.Second), failed("c", time.Minute)), now)
	messages := map[string]string{}
	for _, verdict := range verdicts {
		messages[verdict.Node] = verdict.Message
	}
	want := map[string]string{
		"a":       "it has not been ready for 10m30s (NodeNotReady)",
		"b":       "it has not been ready for 10m1s (NodeNotReady); it is not replaced yet, since 1 of 6 nodes are in replacement and at most 1 may be at once",
		"c":       "it has not been ready for 1m0s (NodeNotReady) and gets 10m0s",
		"ready-0": "it is ready", "ready-1": "it is ready", "ready-2": "it is ready",
	}
	if diff := cmp.Diff(want, messages); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestVerdictSaysWhenItMayChange(t *testing.T) {
	verdicts := repair.Decide(cluster(3, failed("a", 4*time.Minute)), now)
	for _, verdict := range verdicts {
		if want := now.Add(6 * time.Minute); verdict.Node == "a" && !verdict.Again.Equal(want) {
			t.Errorf("again at %v, want %v", verdict.Again, want)
		}
	}
}

// TestGuardHoldsForAnyCluster draws clusters at random. However nodes fail, no more are in replacement than the guard allows, every node
// has a verdict with a reason, and no node that is ready or leaves is replaced.
func TestGuardHoldsForAnyCluster(t *testing.T) {
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 7))
		c := repair.Cluster{Timeout: timeout, Awaited: random.IntN(4)}
		counted, busy := 0, 0
		for i := range random.IntN(40) {
			node := repair.Node{Key: fmt.Sprintf("n%d", i), Leaving: random.IntN(6) == 0}
			if random.IntN(3) == 0 {
				node.Fault, node.Since, node.Gone = "NodeNotReady", now.Add(-time.Duration(random.IntN(1200))*time.Second), random.IntN(4) == 0
			}
			if random.IntN(5) == 0 {
				node.Protected = "protected"
			}
			if !node.Leaving || node.Fault != "" {
				counted++
			}
			if node.Leaving && node.Fault != "" {
				busy++
			}
			c.Nodes = append(c.Nodes, node)
		}
		replaced := 0
		verdicts := repair.Decide(c, now)
		byKey := map[string]repair.Node{}
		for _, node := range c.Nodes {
			byKey[node.Key] = node
		}
		for _, verdict := range verdicts {
			node := byKey[verdict.Node]
			if verdict.Reason == "" || strings.TrimSpace(verdict.Message) == "" {
				t.Errorf("seed %d: no reason for %s", seed, verdict.Node)
			}
			if !verdict.Replace {
				continue
			}
			replaced++
			if node.Leaving || node.Fault == "" || !node.Gone && (node.Protected != "" || now.Sub(node.Since) < timeout) {
				t.Errorf("seed %d: %+v is replaced", seed, node)
			}
		}
		if allowed := max(1, counted/5); replaced > max(0, allowed-busy) || len(verdicts) != len(c.Nodes) {
			t.Errorf("seed %d: %d replaced beside %d, at most %d may be; %d verdicts for %d nodes", seed, replaced, busy, allowed, len(verdicts), len(c.Nodes))
		}
	}
}
