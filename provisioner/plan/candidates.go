package plan

import (
	"cmp"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
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
func compileCandidates(s *Snapshot, groups []*Group, resources axis) []candidate {
	daemons := compileDaemons(s.Daemons, resources)
	var candidates []candidate
	for g, group := range groups {
		for o := range s.Offerings {
			offering := &s.Offerings[o]
			if !mayBuy(group, offering) {
				continue
			}
			c := candidate{group: g, offering: offering, host: newHost(group, offering)}
			c.free = resources.free(offering.Allocatable)
			for i := range daemons {
				if daemons[i].needs.admits(&c.host) {
					reserve(c.free, daemons[i].req)
				}
			}
			for i := range c.free {
				c.free[i] = max(0, c.free[i])
			}
			candidates = append(candidates, c)
		}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int {
		return cmp.Or(compareOfferings(a.offering, b.offering), cmp.Compare(a.group, b.group))
	})
	return candidates
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
	node.Name, node.Labels = newNodeName, labels
	return host{node: node, taints: g.Taints}
}

// daemon is what one DaemonSet puts on a node that it admits.
type daemon struct {
	pod   *corev1.Pod
	needs *needs
	req   vector
}

func compileDaemons(templates []*corev1.Pod, resources axis) []daemon {
	daemons := make([]daemon, len(templates))
	for i, pod := range templates {
		daemons[i] = daemon{pod: pod, needs: newNeeds(pod), req: make(vector, len(resources.names))}
		resources.fillRequests(daemons[i].req, podRequests(pod))
	}
	return daemons
}
