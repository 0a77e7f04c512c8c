package plan_test

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// verify reports everything that is wrong with a plan.
func verify(s *plan.Snapshot, p *plan.Plan) []error {
	errs := verifyOnce(s, p)
	onNode := map[string][]*corev1.Pod{}
	for _, placed := range p.Placed {
		onNode[placed.Node] = append(onNode[placed.Node], placed.Pod)
	}
	for i := range s.Nodes {
		errs = append(errs, verifyNode(s, &s.Nodes[i], onNode[s.Nodes[i].Name])...)
		delete(onNode, s.Nodes[i].Name)
	}
	if len(onNode) > 0 {
		errs = append(errs, fmt.Errorf("pods on nodes that do not exist: %v", onNode))
	}
	grown := map[string]int{}
	for i := range p.NewNodes {
		grown[p.NewNodes[i].GroupKey]++
		errs = append(errs, verifyNewNode(s, &p.NewNodes[i])...)
	}
	errs = append(errs, verifyTotals(s, p, grown)...)
	return append(errs, verifyLeft(s, p, grown)...)
}

// verifyTotals checks limits, desired sizes, price and bound.
func verifyTotals(s *plan.Snapshot, p *plan.Plan, grown map[string]int) (errs []error) {
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	limit := s.Limits.MaxNewNodes
	if limit > 0 && len(p.NewNodes) > limit {
		fail("%d new nodes, limit %d", len(p.NewNodes), limit)
	}
	for i := range s.Groups {
		g := &s.Groups[i]
		if grown[g.Key] > 0 && g.Nodes+grown[g.Key] > g.Max {
			fail("group %s: %d and %d nodes, maximum %d", g.Key, g.Nodes, grown[g.Key], g.Max)
		}
		onSale := slices.ContainsFunc(s.Offerings, func(o plan.Offering) bool { return sells(g, &o) && !o.SoldOut })
		if onSale && g.Nodes+grown[g.Key] < g.Desired && (limit == 0 || len(p.NewNodes) < limit) {
			fail("group %s: %d and %d nodes, desired %d", g.Key, g.Nodes, grown[g.Key], g.Desired)
		}
	}
	all, forPods := money.PerHour(0), money.PerHour(0)
	for i := range p.NewNodes {
		all += p.NewNodes[i].Offering.Price
		if len(p.NewNodes[i].Pods) > 0 {
			forPods += p.NewNodes[i].Offering.Price
		}
	}
	if p.Price != all || p.LowerBound > forPods || p.LowerBound < 0 {
		fail("price %d, want %d; bound %d, want at most %d", p.Price, all, p.LowerBound, forPods)
	}
	return errs
}

func verifyOnce(s *plan.Snapshot, p *plan.Plan) (errs []error) {
	seen := map[*corev1.Pod]int{}
	for _, placed := range p.Placed {
		seen[placed.Pod]++
	}
	for i := range p.NewNodes {
		for _, pod := range p.NewNodes[i].Pods {
			seen[pod]++
		}
	}
	for _, left := range p.Left {
		seen[left.Pod]++
		if left.Message == "" {
			errs = append(errs, fmt.Errorf("pod %s: no message", left.Pod.Name))
		}
	}
	for _, pod := range s.Pods {
		if seen[pod] != 1 {
			errs = append(errs, fmt.Errorf("pod %s is in the plan %d times", pod.Name, seen[pod]))
		}
	}
	if len(seen) != len(s.Pods) {
		errs = append(errs, fmt.Errorf("the plan has %d pods, the snapshot %d", len(seen), len(s.Pods)))
	}
	return errs
}

func verifyNode(s *plan.Snapshot, n *plan.Node, pods []*corev1.Pod) (errs []error) {
	running, taints := running(s, n), taintsOf(n)
	for _, p := range pods {
		if !admitted(p, n.Labels, taints) {
			errs = append(errs, fmt.Errorf("node %s does not admit pod %s", n.Name, p.Name))
		}
	}
	if err := roomFor(n.Allocatable, running, pods); err != nil {
		errs = append(errs, fmt.Errorf("node %s: %w", n.Name, err))
	}
	return errs
}

func verifyNewNode(s *plan.Snapshot, n *plan.NewNode) (errs []error) {
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	at := slices.IndexFunc(s.Groups, func(g plan.Group) bool { return g.Key == n.GroupKey })
	if at < 0 {
		return []error{fmt.Errorf("no group %s", n.GroupKey)}
	}
	g := &s.Groups[at]
	if !sells(g, n.Offering) || n.Offering.SoldOut || !g.ScaleUp && len(n.Pods) > 0 {
		fail("group %s cannot buy %s for %d pods", g.Key, n.Offering.ID, len(n.Pods))
	}
	labels, daemons := machine(s, g, n.Offering)
	for _, p := range n.Pods {
		if !admitted(p, labels, g.Taints) {
			fail("new node of %s %s does not admit pod %s", g.Key, n.Offering.ID, p.Name)
		}
	}
	if err := roomFor(n.Offering.Allocatable, daemons, n.Pods); err != nil {
		fail("new node of %s %s: %w", g.Key, n.Offering.ID, err)
	}
	chosen := slices.IndexFunc(n.Considered, func(c plan.Considered) bool { return c.Verdict == plan.VerdictChosen })
	if chosen < 0 || n.Considered[chosen].Offering != n.Offering || len(n.Considered) > plan.MaxConsidered {
		fail("new node of %s %s: considered %v", g.Key, n.Offering.ID, n.Considered)
	}
	for i := 1; i < len(n.Considered); i++ {
		if n.Considered[i].Offering.Price < n.Considered[i-1].Offering.Price {
			fail("considered is not in the order of price: %v", n.Considered)
		}
	}
	return errs
}
