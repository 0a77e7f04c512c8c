package verify

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Plan reports everything that is wrong with a plan for a snapshot. It changes neither. Each error names the pod or the node, the rule
// and the numbers, so that a person can check it.
func Plan(s *plan.Snapshot, p *plan.Plan) []error {
	v := &verdict{s: s, p: p, w: newWorld(s), harmful: map[*pod]bool{}}
	v.checkOnce()
	if len(v.errs) > 0 {
		return v.errs // nothing else can be judged when pods are lost or there twice
	}
	v.place(false)
	v.checkCompany()
	v.place(true)
	v.checkNewNodes()
	if len(v.errs) > 0 {
		return v.errs // a plan whose nodes do not exist has no final state
	}
	v.checkCompany()
	v.checkDisks()
	v.checkLimits()
	v.checkDesired()
	v.checkPrices()
	v.checkPriorities()
	v.checkLeft()
	return v.errs
}

// verdict gathers what is wrong.
type verdict struct {
	s *plan.Snapshot
	p *plan.Plan
	w *world
	// bought are the new nodes in the order of the plan, once they are in the world.
	bought []*host
	// mine are the pods of the snapshot, made when first asked for.
	mine map[*pod]bool
	// seated are the pods for which checkCompany has found an order of scheduling.
	seated map[*pod]bool
	// wanted are the names of the volumes that exist already and that pods of the plan may have.
	wanted map[string]bool
	// harmful are pods that are left and that would have a place, were it not one too many for another pod.
	harmful map[*pod]bool
	errs    []error
}

func (v *verdict) fail(format string, args ...any) {
	v.errs = append(v.errs, fmt.Errorf(format, args...))
}

// checkOnce checks that each pod of the snapshot is in one place of the plan, and no other pod is.
func (v *verdict) checkOnce() {
	seen := map[*corev1.Pod]int{}
	for _, placed := range v.p.Placed {
		seen[placed.Pod]++
	}
	for i := range v.p.NewNodes {
		for _, pod := range v.p.NewNodes[i].Pods {
			seen[pod]++
		}
	}
	for _, left := range v.p.Left {
		seen[left.Pod]++
		if left.Message == "" {
			v.fail("pod %s: left with %s and no message", nameOf(left.Pod), left.Reason)
		}
	}
	for _, pod := range v.s.Pods {
		if seen[pod] != 1 {
			v.fail("pod %s: it is in the plan %d times", nameOf(pod), seen[pod])
		}
		delete(seen, pod)
	}
	for pod := range seen {
		v.fail("pod %s: it is in the plan and not in the snapshot", nameOf(pod))
	}
}

// place puts the placed pods on their nodes: those that may go there at once, which are checked each, or those that come late.
func (v *verdict) place(late bool) {
	for _, placed := range v.p.Placed {
		if placed.Late != late {
			continue
		}
		h := v.w.byName[placed.Node]
		if h == nil {
			v.fail("pod %s: placed on node %s, which does not exist", nameOf(placed.Pod), placed.Node)
			continue
		}
		v.w.add(v.w.pod(placed.Pod), h)
	}
	for _, placed := range v.p.Placed {
		if !placed.Late && !late {
			v.checkInPlace(placed.Pod)
		}
	}
}

// checkNewNodes adds the new nodes with their pods and checks each of these pods, and those that come late to the nodes there are.
func (v *verdict) checkNewNodes() {
	for i := range v.p.NewNodes {
		v.buy(&v.p.NewNodes[i])
	}
	for i := range v.p.NewNodes {
		for _, pod := range v.p.NewNodes[i].Pods {
			v.checkInPlace(pod)
		}
	}
	for _, placed := range v.p.Placed {
		if placed.Late {
			v.checkInPlace(placed.Pod)
		}
	}
}

// buy adds a new node with its DaemonSets and pods, when the group may have it.
func (v *verdict) buy(n *plan.NewNode) {
	g, o := groupOf(v.s, n.GroupKey), offeringOf(v.s, n.Offering)
	switch {
	case g == nil:
		v.fail("new node of group %s: there is no such group", n.GroupKey)
	case o == nil:
		v.fail("new node of group %s: its offering is not one of the snapshot", n.GroupKey)
	case !sells(g, o):
		v.fail("new node of group %s: the group may not buy offering %s of data centre %s", g.Key, o.ID, o.DatacenterID)
	case o.SoldOut:
		v.fail("new node of group %s: offering %s is sold out", g.Key, o.ID)
	default:
		h := v.w.addMachine(g, o)
		v.bought = append(v.bought, h)
		for _, pod := range n.Pods {
			v.w.add(v.w.pod(pod), h)
		}
	}
	v.checkConsidered(n)
}

// checkInPlace takes a pod out of the world, asks whether it may go where it was, and puts it back.
func (v *verdict) checkInPlace(pod *corev1.Pod) {
	p := v.w.pod(pod)
	if p.host == nil {
		return // on a node that does not exist, which has been told
	}
	if reasons := v.notOurs(pod); len(reasons) > 0 {
		v.fail("pod %s: it has a place on %s but asks for none: %s", p, p.host, reasons[0])
	}
	if err := v.w.inPlace(p); err != nil {
		v.fail("pod %s on %s: %w", p, p.host, err)
	}
}
