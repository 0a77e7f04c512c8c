package verify

import (
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// checkPriorities: no node is bought for pods while one node of a group with a higher priority could be bought as well that holds all
// these pods, without harm to any other pod. Nodes that a group must have for its size come anyway.
func (v *verdict) checkPriorities() {
	for i, h := range v.bought {
		if !v.hasPods(h, anyPod) || h.group.Nodes+v.grown(h.group) <= h.group.Desired {
			continue
		}
		for g := range v.s.Groups {
			if v.s.Groups[g].Priority > h.group.Priority {
				v.checkPreferred(i, &v.s.Groups[g])
			}
		}
	}
}

func (v *verdict) checkPreferred(i int, g *plan.Group) {
	for j := range v.s.Offerings {
		o := &v.s.Offerings[j]
		if sells(g, o) && len(v.obstacles(g, o)) == 0 && v.moves(i, g, o) {
			v.fail("priority: %s has group priority %d, and one more %s of group %s with priority %d would hold all its pods",
				v.bought[i], v.bought[i].group.Priority, o.ID, g.Key, g.Priority)
			return
		}
	}
}

// moves builds the final state anew with another machine in the place of a bought one, and tells whether every planned pod is allowed
// where it is.
func (v *verdict) moves(i int, g *plan.Group, o *plan.Offering) bool {
	changed := *v.p
	changed.NewNodes = append([]plan.NewNode(nil), v.p.NewNodes...)
	changed.NewNodes[i].GroupKey, changed.NewNodes[i].Offering = g.Key, o
	w := newWorld(v.s)
	for _, placed := range changed.Placed {
		w.add(w.pod(placed.Pod), w.byName[placed.Node])
	}
	for k := range changed.NewNodes {
		n := &changed.NewNodes[k]
		h := w.addMachine(groupOf(v.s, n.GroupKey), n.Offering)
		for _, pod := range n.Pods {
			w.add(w.pod(pod), h)
		}
	}
	for k := range changed.NewNodes {
		for _, pod := range changed.NewNodes[k].Pods {
			if w.inPlace(w.pod(pod)) != nil {
				return false
			}
		}
	}
	return true
}
