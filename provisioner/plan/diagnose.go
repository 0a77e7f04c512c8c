package plan

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Diagnosis says why a pod has no place on the nodes that have joined.
type Diagnosis struct {
	Pod *corev1.Pod
	// Node has a place for the pod; empty when no node has.
	Node string
	// Main is the constraint to look at first: the one that holds on most of the nodes that are meant for such pods or, when labels and
	// taints keep the pod off every node, on most of all. It is empty with Node.
	Main Constraint
	// Nodes counts the nodes by the first constraint that keeps the pod off. Pods that are alike share the map, so it must not be
	// changed. It is nil with Node.
	Nodes map[Constraint]int
}

// Diagnose says for each pod of a snapshot that waits for a node why the nodes that have joined are not enough, with the checks by which
// Make places pods. Room that other pods of the snapshot will take is no longer there. Nodes on their way do not count, as kube-scheduler
// does not see them, nor do pods that ask for no node now, which are left out.
func Diagnose(s *Snapshot) []Diagnosis { return new(Planner).Diagnose(s) }

// Diagnose is the function Diagnose with the memory of a planner.
func (pl *Planner) Diagnose(s *Snapshot) []Diagnosis {
	joined := *s
	joined.Nodes = slices.DeleteFunc(slices.Clone(s.Nodes), func(n Node) bool { return n.InFlight })
	p := compile(&joined, pl.know(&joined), &preferences{})
	p.start = p.newBudget(s) // what may be bought decides who gets the last places
	r := p.newRun()
	r.placeOnNodes()
	found := p.diagnoseScreened()
	for at := range r.spots {
		for _, l := range r.spots[at].loads {
			for _, pod := range p.classes[l.class].next(l.pods) {
				found = append(found, Diagnosis{Pod: pod, Node: p.nodes[at].Name})
			}
		}
	}
	for class, left := range r.left {
		if left == 0 {
			continue
		}
		why := r.diagnose(class)
		for _, pod := range p.classes[class].next(left) {
			why.Pod = pod
			found = append(found, why)
		}
	}
	return found
}

// diagnoseScreened diagnoses the pods that no node can help as things are.
func (p *problem) diagnoseScreened() []Diagnosis {
	var found []Diagnosis
	for _, left := range p.screened {
		if constraint, ok := screenConstraints[left.Reason]; ok {
			found = append(found, Diagnosis{Pod: left.Pod, Main: constraint, Nodes: map[Constraint]int{constraint: len(p.nodes)}})
		}
	}
	return found
}

// diagnose asks every node about one more pod of a class that has found no place.
func (r *run) diagnose(class int) Diagnosis {
	d := Diagnosis{Nodes: map[Constraint]int{}}
	for at := range r.spots {
		constraint := r.hindrance(class, at)
		if constraint == "" {
			return Diagnosis{Node: r.p.nodes[at].Name}
		}
		d.Nodes[constraint]++
	}
	d.Main = mainConstraint(d.Nodes)
	return d
}

// hindrance is the first constraint that keeps one more pod of a class off a spot, or empty.
func (r *run) hindrance(class, at int) Constraint {
	c, s := &r.p.classes[class], &r.spots[at]
	if !r.admitted(class, at) {
		return r.p.needs[c.needs].hindrance(s.host)
	}
	for i, want := range r.effective(c, s) {
		if want > s.free[i] && want > 0 {
			return constraintOf(r.p.axis.names[i])
		}
	}
	if c.claims != nil && !r.claimable(c.claims, at) {
		return ConstraintVolume
	}
	return ruleConstraints[r.ledger.Allows(c.profile, s.at)]
}

// hindrance is the first rule that keeps a pod with these needs off a host which does not admit it.
func (n *needs) hindrance(h *host) Constraint {
	if ok, err := n.required.Match(h.node); !ok || err != nil {
		return ConstraintNodeSelector
	}
	if n.untolerated(h) != nil {
		return ConstraintTaint
	}
	return ConstraintVolume
}
