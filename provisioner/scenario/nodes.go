package scenario

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// cluster is what the document says of it, before the parts are put together.
type cluster struct {
	bound []boundPod
	// attach are the limits of nodes by their name.
	attach map[string]map[string]int
	// newNodes are the limits of nodes to buy.
	newNodes map[string]int
	groups   []wantedGroup
}

// boundPod is a pod with a node, and the place where the node is named.
type boundPod struct {
	pod *corev1.Pod
	at  Fault
}

func takeNode(e *element) {
	node := takeObject[corev1.Node](e, "v1", "Node", false)
	if node == nil {
		return
	}
	allocatable := node.Status.Allocatable
	if len(allocatable) == 0 {
		allocatable = node.Status.Capacity
	}
	if len(allocatable) == 0 {
		e.wrong("this node has room for nothing: add status.allocatable with cpu, memory and pods", "status", "allocatable")
		return
	}
	snapshot := &e.reader.scenario.Snapshot
	snapshot.Nodes = append(snapshot.Nodes, plan.Node{
		Name:          node.Name,
		Labels:        node.Labels,
		Taints:        node.Spec.Taints,
		Unschedulable: node.Spec.Unschedulable,
		Allocatable:   allocatable,
	})
}

func takeCSINode(e *element) {
	node := takeObject[storagev1.CSINode](e, "storage.k8s.io/v1", "CSINode", false)
	if node == nil {
		return
	}
	limits := map[string]int{}
	for _, driver := range node.Spec.Drivers {
		if driver.Allocatable != nil && driver.Allocatable.Count != nil {
			limits[driver.Name] = int(*driver.Allocatable.Count)
		}
	}
	c := &e.reader.cluster
	if c.attach == nil {
		c.attach = map[string]map[string]int{}
	}
	c.attach[node.Name] = limits
}

func takeAttachLimits(e *element) {
	limits := map[string]int{}
	if !e.decode(&limits) {
		return
	}
	for _, driver := range slices.Sorted(maps.Keys(limits)) {
		if limits[driver] < 0 {
			e.wrong(fmt.Sprintf("%d is negative: want the number of volumes that a new node can attach", limits[driver]), driver)
		}
	}
	e.reader.cluster.newNodes = limits
}

// placeBound gives each node its pods and its limits.
func (r *reader) placeBound() {
	nodes := map[string]*plan.Node{}
	for i := range r.scenario.Snapshot.Nodes {
		node := &r.scenario.Snapshot.Nodes[i]
		nodes[node.Name] = node
		node.AttachLimits = r.cluster.attach[node.Name]
	}
	for _, bound := range r.cluster.bound {
		node := nodes[bound.pod.Spec.NodeName]
		if node == nil {
			r.keep(bound.at, fmt.Sprintf("there is no node %q: add it to nodes, or remove spec.nodeName from the pod", bound.pod.Spec.NodeName))
			continue
		}
		node.Pods = append(node.Pods, bound.pod)
	}
}
