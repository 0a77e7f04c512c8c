package pod

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/canon"
)

// fleet is the nodes that exist, sorted into kinds.
type fleet struct {
	// each has every node, kinds one for all nodes that differ in nothing but their naming labels.
	each, kinds []place
	// naming are the labels that tell nodes of one kind apart.
	naming map[string]bool
}

// place is a node, or a kind of nodes.
type place struct {
	node *corev1.Node // name and labels only
	// taints that stay, and their place among the sets of taints of the fleet.
	taints   []corev1.Taint
	taintSet int
	room     corev1.ResourceList
}

// telling is the number of values from which on a label tells nodes apart rather than sorting them.
const telling = 64

func newFleet(nodes []corev1.Node, values map[string]*labelValues) fleet {
	f := fleet{naming: map[string]bool{nameKey: true, corev1.LabelHostname: true, v1alpha1.LabelVPSieNode: true}}
	for key, known := range values {
		if len(known.list) >= telling {
			f.naming[key] = true
		}
	}
	kinds, taintSets := map[string]int{}, map[string]int{}
	for i := range nodes {
		if nodes[i].DeletionTimestamp != nil {
			continue
		}
		p := newPlace(&nodes[i], taintSets)
		f.each = append(f.each, p)
		key := f.kind(&p)
		at, known := kinds[key]
		if !known {
			kinds[key] = len(f.kinds)
			f.kinds = append(f.kinds, p)
			continue
		}
		f.kinds[at].room = larger(f.kinds[at].room, p.room)
	}
	return f
}

func newPlace(node *corev1.Node, taintSets map[string]int) place {
	p := place{node: &corev1.Node{}, room: node.Status.Allocatable}
	p.node.Name, p.node.Labels = node.Name, node.Labels
	var texts []string
	for _, taint := range node.Spec.Taints {
		if !passing(taint) {
			p.taints = append(p.taints, taint)
			texts = append(texts, taint.ToString())
		}
	}
	key := string(canon.Set(nil, texts))
	at, known := taintSets[key]
	if !known {
		at = len(taintSets)
		taintSets[key] = at
	}
	p.taintSet = at
	return p
}

// passing tells whether a taint says how a node is doing at the moment, rather than what it is for.
func passing(taint corev1.Taint) bool {
	return taint.Key == v1alpha1.TaintUninitialized || strings.HasPrefix(taint.Key, "node.kubernetes.io/") ||
		strings.HasPrefix(taint.Key, "node.cloudprovider.kubernetes.io/")
}

func (f *fleet) kind(p *place) string {
	labels := make(map[string]string, len(p.node.Labels))
	for key, value := range p.node.Labels {
		if !f.naming[key] {
			labels[key] = value
		}
	}
	return string(append(canon.Map(nil, labels), byte(p.taintSet>>8), byte(p.taintSet)))
}

// matching are the nodes that have the labels which the pod asks for, as the planner wants them: one for each set of taints.
func (f *fleet) matching(pod *corev1.Pod) []plan.Node {
	pool := f.kinds
	if slices.ContainsFunc(mentioned(pod), func(key string) bool { return f.naming[key] }) {
		pool = f.each
	}
	required := nodeaffinity.GetRequiredNodeAffinity(pod)
	at := map[int]int{}
	var nodes []plan.Node
	for i := range pool {
		p := &pool[i]
		if ok, err := required.Match(p.node); !ok || err != nil {
			continue
		}
		known, found := at[p.taintSet]
		if !found {
			at[p.taintSet] = len(nodes)
			nodes = append(nodes, plan.Node{Name: p.node.Name, Labels: p.node.Labels, Taints: p.taints, Allocatable: p.room})
			continue
		}
		nodes[known].Allocatable = larger(nodes[known].Allocatable, p.room)
	}
	return nodes
}

// larger has the larger amount of each resource. It may be one of the two lists, and changes none.
func larger(a, b corev1.ResourceList) corev1.ResourceList {
	var merged corev1.ResourceList
	for name, amount := range b {
		if have, found := a[name]; found && have.Cmp(amount) >= 0 {
			continue
		}
		if merged == nil {
			merged = a.DeepCopy()
			if merged == nil {
				merged = corev1.ResourceList{}
			}
		}
		merged[name] = amount
	}
	if merged == nil {
		return a
	}
	return merged
}
