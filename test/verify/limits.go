package verify

import (
	"maps"
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// checkLimits: what the plan buys stays within the limits of the cluster and of each group.
func (v *verdict) checkLimits() {
	l := &v.s.Limits
	if len(v.bought) == 0 {
		return
	}
	if l.MaxNewNodes > 0 && len(v.bought) > l.MaxNewNodes {
		v.fail("limits: %d new nodes, MaxNewNodes is %d", len(v.bought), l.MaxNewNodes)
	}
	if all := len(v.s.Nodes) + len(v.bought); l.MaxNodes > 0 && all > l.MaxNodes {
		v.fail("limits: %d nodes with %d new ones, MaxNodes is %d", all, len(v.bought), l.MaxNodes)
	}
	for _, name := range slices.Sorted(maps.Keys(l.MaxResources)) {
		all, added, most := v.total(name), v.added(name), amounts(l.MaxResources)[name]
		if added > 0 && all > most {
			v.fail("limits: %d of %s with %d from new nodes, MaxResources has %d", all, name, added, most)
		}
	}
	for i := range v.s.Groups {
		v.checkGroup(&v.s.Groups[i])
	}
}

// checkGroup: a group grows up to its maximum. Nodes without a pod that may ask for one are bought for the desired size only; pods may
// use these as well.
func (v *verdict) checkGroup(g *plan.Group) {
	grown, asked := v.grown(g), 0
	for _, h := range v.bought {
		if h.group == g && g.ScaleUp && v.hasPods(h, func(pod *corev1.Pod) bool { return !v.below(pod) }) {
			asked++
		}
	}
	if grown > 0 && g.Nodes+grown > g.Max {
		v.fail("limits: group %s: %d nodes and %d new ones, the maximum is %d", g.Key, g.Nodes, grown, g.Max)
	}
	if missing := max(0, min(g.Desired, g.Max)-g.Nodes-asked); grown-asked > missing {
		v.fail("limits: group %s: %d nodes are bought for no pod that may ask for one: scale-up %t, priority cut-off %s; "+
			"%d are missing in its desired size", g.Key, grown-asked, g.ScaleUp, v.cutoff(), missing)
	}
}

// hasPods tells whether there are pods of the plan on a new node, such as are meant.
func (v *verdict) hasPods(h *host, meant func(*corev1.Pod) bool) bool {
	return slices.ContainsFunc(h.pods, func(p *pod) bool { return p.host == h && v.planned(p) && meant(p.Pod) })
}

func anyPod(*corev1.Pod) bool { return true }

func (v *verdict) grown(g *plan.Group) int {
	n := 0
	for _, h := range v.bought {
		if h.group == g {
			n++
		}
	}
	return n
}

// total is what all nodes of the final state have of a resource.
func (v *verdict) total(name corev1.ResourceName) int64 {
	sum := v.added(name)
	for i := range v.s.Nodes {
		sum += amounts(v.s.Nodes[i].Allocatable)[name]
	}
	return sum
}

// added is what the new nodes have of a resource.
func (v *verdict) added(name corev1.ResourceName) int64 {
	sum := int64(0)
	for _, h := range v.bought {
		sum += h.allocatable[name]
	}
	return sum
}

// obstacles lists what keeps the group from getting one more node of the offering in the final state, as reasons of the plan.
func (v *verdict) obstacles(g *plan.Group, o *plan.Offering) []plan.Reason {
	var list []plan.Reason
	if o.SoldOut {
		list = append(list, plan.ReasonSoldOut)
	}
	if !g.ScaleUp || g.Nodes+v.grown(g) >= g.Max {
		list = append(list, plan.ReasonGroupLimit)
	}
	if v.clusterIsFull(o) {
		list = append(list, plan.ReasonClusterLimit)
	}
	return list
}

func (v *verdict) clusterIsFull(o *plan.Offering) bool {
	l := &v.s.Limits
	if l.MaxNewNodes > 0 && len(v.bought) >= l.MaxNewNodes || l.MaxNodes > 0 && len(v.s.Nodes)+len(v.bought) >= l.MaxNodes {
		return true
	}
	for name, most := range amounts(l.MaxResources) {
		if v.total(name)+amounts(o.Allocatable)[name] > most {
			return true
		}
	}
	return false
}

// checkDesired: a group is brought to its desired size as far as something is on sale and the limits allow.
func (v *verdict) checkDesired() {
	for i := range v.s.Groups {
		g := &v.s.Groups[i]
		if g.Nodes+v.grown(g) >= min(g.Desired, g.Max) {
			continue
		}
		for j := range v.s.Offerings {
			if o := &v.s.Offerings[j]; sells(g, o) && !o.SoldOut && !v.clusterIsFull(o) {
				v.fail("desired size: group %s has %d nodes and %d new ones, %d are desired, and one more %s may be bought",
					g.Key, g.Nodes, v.grown(g), g.Desired, o.ID)
				break
			}
		}
	}
}

// checkPrices: the price is that of all new nodes, the bound is not above that of the nodes bought for pods, and the gap is theirs.
func (v *verdict) checkPrices() {
	all, forPods := money.PerHour(0), money.PerHour(0)
	for _, h := range v.bought {
		all += h.offering.Price
		if v.hasPods(h, anyPod) {
			forPods += h.offering.Price
		}
	}
	if v.p.Price != all {
		v.fail("price: %d, the new nodes cost %d", v.p.Price, all)
	}
	if v.p.LowerBound < 0 || v.p.LowerBound > forPods {
		v.fail("lower bound: %d, the nodes bought for pods cost %d", v.p.LowerBound, forPods)
	}
	gap := 0.0
	if v.p.LowerBound > 0 {
		gap = float64(forPods-v.p.LowerBound) / float64(v.p.LowerBound)
	}
	if math.Abs(v.p.Gap-gap) > 1e-6*(1+gap) {
		v.fail("gap: %g, from the bound %d and the price %d follows %g", v.p.Gap, v.p.LowerBound, forPods, gap)
	}
}

// checkConsidered: the record of a new node is in the order of price, is bounded, and has the chosen offering.
func (v *verdict) checkConsidered(n *plan.NewNode) {
	name := "new node of group " + n.GroupKey
	if len(n.Considered) > plan.MaxConsidered {
		v.fail("%s: %d offerings considered, at most %d are kept", name, len(n.Considered), plan.MaxConsidered)
	}
	chosen := 0
	for i := range n.Considered {
		c := &n.Considered[i]
		if offeringOf(v.s, c.Offering) == nil {
			v.fail("%s: an offering was considered that is not one of the snapshot", name)
			continue
		}
		if i > 0 && n.Considered[i-1].Offering != nil && c.Offering.Price < n.Considered[i-1].Offering.Price {
			v.fail("%s: %s is considered after a dearer one", name, c.Offering.ID)
		}
		if c.Verdict == "" {
			v.fail("%s: %s is considered without a verdict", name, c.Offering.ID)
		}
		if c.Verdict == plan.VerdictChosen {
			chosen++
			if c.Offering != n.Offering {
				v.fail("%s: %s is marked as chosen and %s is bought", name, c.Offering.ID, n.Offering.ID)
			}
		}
	}
	if chosen != 1 {
		v.fail("%s: %d offerings are marked as chosen", name, chosen)
	}
}
