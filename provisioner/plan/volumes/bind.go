package volumes

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Static is an unbound claim that may take one of the volumes that exist.
type Static struct {
	// Claim is the claim's namespace/name.
	Claim string
	size  resource.Quantity
	// reserved is for this claim: as long as the pod has not used it, no other volume will do. Nil when there is none.
	reserved  *stock
	free      []*stock // in the order of preference
	provision *provision
}

// Volumes are the names of the volumes that the claim may take, in the order of preference.
func (s *Static) Volumes() []string {
	var names []string
	for _, candidate := range s.preferred() {
		names = append(names, candidate.pv.Name)
	}
	return names
}

// preferred are the volumes from which the claim takes one when the pod uses it once, as pods do.
func (s *Static) preferred() []*stock {
	if s.reserved != nil {
		return []*stock{s.reserved}
	}
	return s.free
}

// Binding is a volume for a claim.
type Binding struct {
	Volume string
	// Claim is the claim's namespace/name.
	Claim string
}

// Bind chooses volumes for the claims of Static on a node, as kube-scheduler would: each claim takes the smallest volume that the node
// can reach and that no other claim has, and where there is none, a new volume must be possible. taken are the volumes that a plan has
// promised, with the claim that has each; a claim that has one gets no other. The result is false when the pod cannot go to the node.
func (d *Demand) Bind(node *corev1.Node, taken map[string]string) ([]Binding, bool) {
	var bindings []Binding
	for i := range d.Static {
		s := &d.Static[i]
		chosen := s.choose(node, taken, bindings)
		switch {
		case chosen != nil:
			bindings = append(bindings, Binding{Volume: chosen.pv.Name, Claim: s.Claim})
		case !s.provision.possible || !s.provision.where.matches(node):
			return nil, false
		}
	}
	return bindings, true
}

// choose is the volume that the claim takes, or nil. bindings are the volumes that went to the pod's earlier claims; a pod that uses a
// claim twice looks for two volumes, which is what kube-scheduler does.
func (s *Static) choose(node *corev1.Node, taken map[string]string, bindings []Binding) *stock {
	isUsed := func(name string) bool {
		return slices.ContainsFunc(bindings, func(b Binding) bool { return b.Volume == name })
	}
	if s.reserved != nil && !isUsed(s.reserved.pv.Name) {
		return s.reserved.ifReachedBy(node)
	}
	var best *stock
	for _, candidate := range s.free {
		name := candidate.pv.Name
		owner, isTaken := taken[name]
		switch {
		case isTaken && owner != s.Claim || isUsed(name):
		case isTaken:
			return candidate.ifReachedBy(node)
		case best == nil:
			best = candidate.ifReachedBy(node)
		}
		if best != nil && len(taken) == 0 {
			break
		}
	}
	return best
}

// ifReachedBy is the volume, or nil if the node cannot reach it.
func (s *stock) ifReachedBy(node *corev1.Node) *stock {
	if s.affinity.matches(node) {
		return s
	}
	return nil
}
