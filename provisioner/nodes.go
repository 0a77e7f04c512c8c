package provisioner

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/workload"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// census is what there is of nodes.
type census struct {
	// nodes are those that pods may be placed on, in the order of their names.
	nodes []plan.Node
	// going is what each of the others allocates: it is on its way out, or has vanished and its machine may still exist.
	going  []corev1.ResourceList
	attach *attachLimits
	places *places
}

// takeCensus counts the Nodes that are there to stay, the VPSieNodes that have no usable Node yet, and the rest.
func (p *Provisioner) takeCensus(ctx context.Context, vpsieNodes []*v1alpha1.VPSieNode) (*census, error) {
	var list corev1.NodeList
	if err := p.client.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list Nodes: %w", err)
	}
	attach, err := p.attachLimits(ctx, list.Items)
	if err != nil {
		return nil, err
	}
	podsOf, err := p.podsByNode(ctx)
	if err != nil {
		return nil, err
	}
	registered := map[string]*corev1.Node{}
	for i := range list.Items {
		registered[list.Items[i].Name] = &list.Items[i]
	}
	c := &census{attach: attach, places: &p.places}
	for _, vpsieNode := range vpsieNodes {
		name := vpsieNode.NodeName()
		c.count(vpsieNode, registered[name], podsOf[name])
		delete(registered, name)
	}
	for name, node := range registered {
		c.count(nil, node, podsOf[name])
	}
	slices.SortFunc(c.nodes, func(a, b plan.Node) int { return strings.Compare(a.Name, b.Name) })
	return c, nil
}

// count adds one machine, of which there is a VPSieNode or a Node or both.
func (c *census) count(vpsieNode *v1alpha1.VPSieNode, node *corev1.Node, pods []*corev1.Pod) {
	stays := !leaving(vpsieNode, node)
	settles := vpsieNode != nil && settling(vpsieNode)
	switch {
	case stays && node != nil && (initialized(node) || !settles):
		present := presentNode(node, pods, c.attach.byNode[node.Name])
		if settles {
			present.Expected = c.expected(vpsieNode)
		}
		c.nodes = append(c.nodes, present)
	case stays && settles:
		group := vpsieNode.Namespace + "/" + vpsieNode.Spec.NodeGroupName
		awaited := expectedNode(vpsieNode, pods, c.attach.expected(vpsieNode.NodeName(), group))
		awaited.Expected = c.expected(vpsieNode)
		c.nodes = append(c.nodes, awaited)
	case node != nil:
		c.going = append(c.going, node.Status.Allocatable)
	default:
		c.going = append(c.going, vpsieNode.Spec.Allocatable)
	}
}

// leaving reports whether a node is being removed, so that nothing may be placed on it.
func leaving(vpsieNode *v1alpha1.VPSieNode, node *corev1.Node) bool {
	if vpsieNode != nil && vpsieNode.DeletionTimestamp != nil {
		return true
	}
	if node == nil {
		return false
	}
	_, scaleDown := node.Annotations[v1alpha1.AnnotationScaleDownStarted]
	return scaleDown || node.DeletionTimestamp != nil
}

// settling reports whether a VPSieNode is still on its way to being ready for the first time. One that was ready and has lost
// its Node, or whose Node fails, is not: nothing may be expected of it.
func settling(vpsieNode *v1alpha1.VPSieNode) bool {
	ready := meta.FindStatusCondition(vpsieNode.Status.Conditions, v1alpha1.ConditionReady)
	return ready == nil || ready.Reason == v1alpha1.ReasonNodeAwaited
}

// initialized reports whether a Node of ours has become what its VPSieNode says: labelled, tainted and ready once.
func initialized(node *corev1.Node) bool {
	for _, taint := range node.Spec.Taints {
		switch taint.Key {
		case v1alpha1.TaintUninitialized, corev1.TaintNodeNotReady, "node.cloudprovider.kubernetes.io/uninitialized":
			return false
		}
	}
	return true
}

func presentNode(node *corev1.Node, pods []*corev1.Pod, attachLimits map[string]int) plan.Node {
	return plan.Node{
		Name:          node.Name,
		Labels:        node.Labels,
		Taints:        node.Spec.Taints,
		Unschedulable: node.Spec.Unschedulable,
		Allocatable:   node.Status.Allocatable,
		Pods:          pods,
		AttachLimits:  attachLimits,
	}
}

// expectedNode is the forecast of a node that has not joined, or not settled.
func expectedNode(vpsieNode *v1alpha1.VPSieNode, pods []*corev1.Pod, attachLimits map[string]int) plan.Node {
	labels := maps.Clone(vpsieNode.Spec.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[corev1.LabelHostname] = vpsieNode.NodeName()
	return plan.Node{
		Name:         vpsieNode.NodeName(),
		Labels:       labels,
		Taints:       vpsieNode.Spec.Taints,
		Allocatable:  vpsieNode.Spec.Allocatable,
		Pods:         pods,
		InFlight:     true,
		AttachLimits: attachLimits,
	}
}

// expected are the pods that a machine was bought for, and those that the last plan put there as well.
func (c *census) expected(vpsieNode *v1alpha1.VPSieNode) []types.NamespacedName {
	return append(c.places.on(vpsieNode.NodeName()), vpsieNode.Spec.Decision.PodKeys()...)
}

func (p *Provisioner) podsByNode(ctx context.Context) (map[string][]*corev1.Pod, error) {
	var list corev1.PodList
	if err := p.client.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list Pods: %w", err)
	}
	byNode := map[string][]*corev1.Pod{}
	for i := range list.Items {
		pod := &list.Items[i]
		if workload.Finished(pod) {
			continue
		}
		// A nominated pod will run there once preemption has made room, so its place is taken.
		if name := pod.Spec.NodeName; name != "" {
			byNode[name] = append(byNode[name], pod)
		} else if name := pod.Status.NominatedNodeName; name != "" {
			byNode[name] = append(byNode[name], pod)
		}
	}
	return byNode, nil
}
