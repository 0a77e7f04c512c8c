package plan

import (
	"cmp"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/pack"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
)

// newNodeName stands for the name that a new node does not have yet. No object can have a name with a space, so a pod that asks for
// a node by name never matches a new node, and one that avoids a node by name always does.
const newNodeName = "new node"

// candidate is an offering that a group may buy, with what its node will look like.
type candidate struct {
	group    int // index in problem.groups
	offering *Offering
	host     host
	free     vector // room for pods beside the DaemonSets
	daemons  []int  // indexes in problem.daemons of those that will run there
	takes    []pack.Take
	// cost is the price in billionths, less what the group's preference for the offering is worth.
	cost     int64
	template *topology.Template
	cell     int // candidates of one cell are the same to all rules about neighbours
}

// compileGroups gives the groups by key.
func compileGroups(snapshot []Group) []*Group {
	groups := make([]*Group, len(snapshot))
	for i := range snapshot {
		groups[i] = &snapshot[i]
	}
	slices.SortStableFunc(groups, func(a, b *Group) int { return cmp.Compare(a.Key, b.Key) })
	return groups
}

// compileCandidates gives every pair of a group and an offering that it may buy, the cheapest first. Sold-out offerings and groups
// that may not grow are among them: they explain why a pod is left.
func (p *problem) compileCandidates(s *Snapshot) {
	for g, group := range p.groups {
		for o := range s.Offerings {
			if offering := &s.Offerings[o]; mayBuy(group, offering) {
				p.candidates = append(p.candidates, p.newCandidate(g, offering, s))
			}
		}
	}
	slices.SortStableFunc(p.candidates, func(a, b candidate) int {
		return cmp.Or(compareOfferings(a.offering, b.offering), cmp.Compare(a.group, b.group))
	})
	cells := map[string]int{}
	for c := range p.candidates {
		key := p.ledger.Cell(p.candidates[c].template)
		if _, known := cells[key]; !known {
			cells[key] = len(cells)
		}
		p.candidates[c].cell = cells[key]
	}
}

func (p *problem) newCandidate(g int, offering *Offering, s *Snapshot) candidate {
	group := p.groups[g]
	c := candidate{group: g, offering: offering, host: newHost(group, offering), takes: p.takes(g, offering), cost: int64(offering.Price)}
	c.free = p.axis.free(offering.Allocatable, group.AttachLimits)
	for i := range p.daemons {
		if p.daemons[i].needs.admits(&c.host) {
			reserve(c.free, p.daemons[i].req)
			c.daemons = append(c.daemons, i)
		}
	}
	for i := range c.free {
		c.free[i] = max(0, c.free[i])
	}
	if offering.ID == group.PreferredOfferingID {
		c.cost = max(0, int64(float64(c.cost)/(1+max(0, s.Policy.PreferenceShare)))-1)
	}
	c.template = p.ledger.Template(c.host.node, true)
	return c
}

// compareOfferings puts the cheaper one first.
func compareOfferings(a, b *Offering) int {
	return cmp.Or(cmp.Compare(a.Price, b.Price), cmp.Compare(a.ID, b.ID), cmp.Compare(a.DatacenterID, b.DatacenterID))
}

func mayBuy(g *Group, o *Offering) bool {
	return o.DatacenterID == g.DatacenterID && (len(g.OfferingIDs) == 0 || slices.Contains(g.OfferingIDs, o.ID))
}

// newHost is the node that buying the offering for the group would give. A label of the group wins, as it does in the kubelet. The
// host name is not known yet but will be there.
func newHost(g *Group, o *Offering) host {
	labels := map[string]string{corev1.LabelHostname: newNodeName}
	maps.Copy(labels, o.Labels)
	maps.Copy(labels, g.Labels)
	node := &corev1.Node{}
	node.Name, node.Labels, node.Spec.Taints = newNodeName, labels, g.Taints
	return host{node: node, taints: sortedTaints(g.Taints)}
}

// daemon is what one DaemonSet puts on a node that it admits.
type daemon struct {
	pod    *corev1.Pod
	needs  *needs
	req    vector
	tokens []topology.Token
}

func (p *problem) compileDaemons(templates []*corev1.Pod) {
	for _, pod := range sortedPods(templates) {
		demand := p.storage.demand(pod)
		d := daemon{pod: pod, needs: newNeeds(pod, demand), req: make(vector, len(p.axis.names)), tokens: tokens(demand)}
		p.axis.fillRequests(d.req, p.storage.withAttachments(podRequests(pod), demand))
		p.daemons = append(p.daemons, d)
	}
}
