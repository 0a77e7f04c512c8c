package scenario

import (
	"fmt"
	"maps"
	"slices"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/groups"
)

// anyNumber is a number of nodes that no scenario reaches.
const anyNumber = 1_000_000

// wantedGroup is a group with the places that can only be judged at the end.
type wantedGroup struct {
	group        plan.Group
	datacenterAt Fault
	offeringsAt  []Fault
	preferredAt  Fault
}

func takeNodeGroup(e *element) {
	group := takeObject[v1alpha1.NodeGroup](e, v1alpha1.GroupVersion.String(), "NodeGroup", true)
	if group == nil || !e.isNodeGroup(&group.Spec) {
		return
	}
	wanted := wantedGroup{
		group:        groups.Of(group),
		datacenterAt: e.spot("spec", "datacenterID"),
		preferredAt:  e.spot("spec", "preferredOfferingID"),
	}
	wanted.group.Desired = int(group.Desired())
	for i := range group.Spec.OfferingIDs {
		wanted.offeringsAt = append(wanted.offeringsAt, e.spot("spec", "offeringIDs", i))
	}
	e.reader.cluster.groups = append(e.reader.cluster.groups, wanted)
}

// isNodeGroup reports numbers that the API server would refuse.
func (e *element) isNodeGroup(spec *v1alpha1.NodeGroupSpec) bool {
	before := len(e.reader.faults)
	if !e.has("spec", "maxNodes") {
		e.wrong("want the number of nodes that the group may have", "spec", "maxNodes")
	}
	if spec.MinNodes < 0 || spec.MinNodes > spec.MaxNodes {
		e.wrong(fmt.Sprintf("%d: want a number from 0 to maxNodes, which is %d", spec.MinNodes, spec.MaxNodes), "spec", "minNodes")
	}
	if d := spec.DesiredNodes; d != nil && (*d < spec.MinNodes || *d > spec.MaxNodes) {
		e.wrong(fmt.Sprintf("%d: want a number from minNodes, which is %d, to maxNodes, which is %d", *d, spec.MinNodes, spec.MaxNodes),
			"spec", "desiredNodes")
	}
	return len(e.reader.faults) == before
}

// addGroups makes the groups of the snapshot. Without any in the document there is one for each data centre, which may buy all.
func (r *reader) addGroups() {
	snapshot := &r.scenario.Snapshot
	for i := range r.cluster.groups {
		r.checkGroup(&r.cluster.groups[i])
		snapshot.Groups = append(snapshot.Groups, r.cluster.groups[i].group)
	}
	if !r.given["nodeGroups"] {
		for _, datacenter := range r.market.all() {
			key := "default/any"
			if datacenter != "" {
				key = "default/any-" + datacenter
			}
			snapshot.Groups = append(snapshot.Groups, plan.Group{Key: key, Max: anyNumber, ScaleUp: true, DatacenterID: datacenter})
		}
	}
	count := map[string]int{}
	for i := range snapshot.Nodes {
		labels := snapshot.Nodes[i].Labels
		count[labels[v1alpha1.LabelNodeGroupNamespace]+"/"+labels[v1alpha1.LabelNodeGroup]]++
	}
	for i := range snapshot.Groups {
		snapshot.Groups[i].Nodes = count[snapshot.Groups[i].Key]
		snapshot.Groups[i].AttachLimits = r.cluster.newNodes
	}
}

// all are the data centres of the market in order; the one without a name when offerings name none.
func (m *market) all() []string {
	if m.nowhere != nil {
		return []string{""}
	}
	return slices.Sorted(maps.Keys(m.datacenters))
}

// checkGroup compares a group with the market. Where offerings name no data centre, that of the group does not matter.
func (r *reader) checkGroup(wanted *wantedGroup) {
	g := &wanted.group
	switch {
	case r.market.nowhere != nil:
		g.DatacenterID = ""
	case !r.market.datacenters[g.DatacenterID]:
		r.keep(wanted.datacenterAt, fmt.Sprintf("no offering has the datacenterID %q: want one of %q", g.DatacenterID, r.market.all()))
	}
	for i, id := range g.OfferingIDs {
		if !r.market.offeringIDs[id] {
			r.keep(wanted.offeringsAt[i], fmt.Sprintf("there is no offering %q: add it to offerings, or correct the id", id))
		}
	}
	switch preferred := g.PreferredOfferingID; {
	case preferred == "":
	case !r.market.offeringIDs[preferred]:
		r.keep(wanted.preferredAt, fmt.Sprintf("there is no offering %q: add it to offerings, or correct the id", preferred))
	case len(g.OfferingIDs) > 0 && !slices.Contains(g.OfferingIDs, preferred):
		r.keep(wanted.preferredAt, fmt.Sprintf("%q is none of the group's offeringIDs: add it there, or correct the id", preferred))
	}
}
