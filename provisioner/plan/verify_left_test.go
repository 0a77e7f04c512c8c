package plan_test

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// verifyLeft checks that every pod that was left has the right reason, and could neither go on a node nor be bought for.
func verifyLeft(s *plan.Snapshot, p *plan.Plan, grown map[string]int) (errs []error) {
	onNode := map[string][]*corev1.Pod{}
	for _, placed := range p.Placed {
		onNode[placed.Node] = append(onNode[placed.Node], placed.Pod)
	}
	for _, left := range p.Left {
		if len(left.Pod.Spec.ResourceClaims) > 0 {
			if left.Reason != plan.ReasonResourceClaims {
				errs = append(errs, fmt.Errorf("pod %s: got %s, want %s", left.Pod.Name, left.Reason, plan.ReasonResourceClaims))
			}
			continue
		}
		for i := range s.Nodes {
			n := &s.Nodes[i]
			if admitted(left.Pod, n.Labels, taintsOf(n)) && roomFor(n.Allocatable, append(running(s, n), onNode[n.Name]...), []*corev1.Pod{left.Pod}) == nil {
				errs = append(errs, fmt.Errorf("pod %s is left but fits node %s", left.Pod.Name, n.Name))
			}
		}
		if want := reasonFor(s, left.Pod, grown, len(p.NewNodes)); left.Reason != want {
			errs = append(errs, fmt.Errorf("pod %s: got %s %q, want %q", left.Pod.Name, left.Reason, left.Message, want))
		}
	}
	return errs
}

// reasonFor walks over all machines that could be bought; it is empty when one more could be had for the pod.
func reasonFor(s *plan.Snapshot, p *corev1.Pod, grown map[string]int, newNodes int) plan.Reason {
	reason, rank := plan.ReasonNoMatchingGroup, 0
	raise := func(to int, r plan.Reason) {
		if to > rank {
			rank, reason = to, r
		}
	}
	for i := range s.Groups {
		for j := range s.Offerings {
			g, o := &s.Groups[i], &s.Offerings[j]
			labels, daemons := machine(s, g, o)
			if !sells(g, o) || !admitted(p, labels, g.Taints) {
				continue
			}
			raise(1, plan.ReasonTooLarge)
			if roomFor(o.Allocatable, daemons, []*corev1.Pod{p}) != nil {
				continue
			}
			raise(2, plan.ReasonGroupLimit)
			if !g.ScaleUp || g.Nodes+grown[g.Key] >= g.Max {
				continue
			}
			raise(3, plan.ReasonSoldOut)
			if o.SoldOut {
				continue
			}
			raise(4, plan.ReasonClusterLimit)
			if s.Limits.MaxNewNodes == 0 || newNodes < s.Limits.MaxNewNodes {
				raise(5, "")
			}
		}
	}
	return reason
}
