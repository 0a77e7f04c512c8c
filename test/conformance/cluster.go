package conformance

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// clusterState is a set of nodes with the pods that are bound to them.
type clusterState struct {
	nodes []*corev1.Node
	// bound are there whatever the plan says: running pods and those of DaemonSets.
	bound []*corev1.Pod
	// attach is how many volumes of each CSI driver a node can attach.
	attach map[string]map[string]int
}

// existing is the snapshot's cluster before the plan: the DaemonSets' pods have reached the nodes that are on their way.
func existing(s *plan.Snapshot) *clusterState {
	c := &clusterState{attach: map[string]map[string]int{}}
	for i := range s.Nodes {
		n := &s.Nodes[i]
		node := newNode(n.Name, n.Labels, n.Taints, n.Allocatable)
		if n.Unschedulable {
			cordon(node)
		}
		c.add(node, n.AttachLimits)
		for _, pod := range n.Pods {
			// The scheduler forgets pods that have ended.
			if pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed {
				c.bound = append(c.bound, bind(pod, n.Name))
			}
		}
		if n.InFlight {
			c.addDaemons(s.Daemons, node, n.Pods)
		}
	}
	return c
}

// with is the state with one more node that a group buys.
func (c *clusterState) with(s *plan.Snapshot, name string, g *plan.Group, o *plan.Offering) *clusterState {
	more := &clusterState{nodes: slices.Clone(c.nodes), bound: slices.Clone(c.bound), attach: maps.Clone(c.attach)}
	// The kubelet lets what the group asks for win over what the machine brings.
	labels := map[string]string{corev1.LabelHostname: name}
	maps.Copy(labels, o.Labels)
	maps.Copy(labels, g.Labels)
	node := newNode(name, labels, g.Taints, o.Allocatable)
	more.add(node, g.AttachLimits)
	more.addDaemons(s.Daemons, node, nil)
	return more
}

// after is the state once the nodes of the plan have joined, and their names in the plan's order.
func (c *clusterState) after(s *plan.Snapshot, p *plan.Plan) (final *clusterState, names []string, err error) {
	final = c
	for i := range p.NewNodes {
		n := &p.NewNodes[i]
		g := slices.IndexFunc(s.Groups, func(g plan.Group) bool { return g.Key == n.GroupKey })
		if g < 0 {
			return nil, nil, fmt.Errorf("the plan buys for a group %q that the snapshot does not have", n.GroupKey)
		}
		names = append(names, fmt.Sprintf("bought-%d", i))
		final = final.with(s, names[i], &s.Groups[g], n.Offering)
	}
	return final, names, nil
}

func (c *clusterState) add(node *corev1.Node, attach map[string]int) {
	c.nodes = append(c.nodes, node)
	if len(attach) > 0 {
		c.attach[node.Name] = attach
	}
}

// addDaemons binds the pod of each DaemonSet that the node admits, unless it is among those that run there.
func (c *clusterState) addDaemons(templates []*corev1.Pod, node *corev1.Node, running []*corev1.Pod) {
	for i, template := range templates {
		owner := metav1.GetControllerOf(template)
		runs := owner != nil && slices.ContainsFunc(running, func(pod *corev1.Pod) bool {
			have := metav1.GetControllerOf(pod)
			return have != nil && have.UID == owner.UID
		})
		if runs || !admitsDaemon(node, template) {
			continue
		}
		pod := bind(template, node.Name)
		pod.Name = fmt.Sprintf("%s-%d-%s", template.Name, i, node.Name)
		c.bound = append(c.bound, pod)
	}
}

func (c *clusterState) names() []string {
	names := make([]string, len(c.nodes))
	for i := range c.nodes {
		names[i] = c.nodes[i].Name
	}
	return names
}

func newNode(name string, labels map[string]string, taints []corev1.Taint, allocatable corev1.ResourceList) *corev1.Node {
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec:       corev1.NodeSpec{Taints: taints},
		Status:     corev1.NodeStatus{Allocatable: allocatable, Capacity: allocatable},
	}
}

// cordon marks a node as unschedulable, together with the taint that Kubernetes sets in the wake of it.
func cordon(node *corev1.Node) {
	node.Spec.Unschedulable = true
	if slices.ContainsFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeUnschedulable }) {
		return
	}
	taint := corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}
	node.Spec.Taints = append(slices.Clone(node.Spec.Taints), taint)
}

// bind is a copy of the pod on a node; it shares what it does not change.
func bind(pod *corev1.Pod, node string) *corev1.Pod {
	bound := *pod
	bound.Spec.NodeName = node
	bound.UID = cmp.Or(pod.UID, types.UID(pod.Namespace+"/"+pod.Name+"/"+node))
	return &bound
}
