package plan

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
)

// unschedulableTaint is what a cordoned node counts as having, whether or not the taint has been written yet.
var unschedulableTaint = corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}

// target is a node that exists or is on its way, with the room that its pods leave.
type target struct {
	*Node
	digest *digest
	host   host
	free   vector
	// slack is the share of the node that is free, summed over the resources.
	slack    float64
	handles  map[attachment]bool // shared volumes that are attached
	template *topology.Template
	daemons  []int // indexes in problem.daemons of those that are expected and not there yet
}

// compileNodes gives the nodes in the order in which they receive pods: registered before in flight, the fullest first, by name.
func (p *problem) compileNodes(s *Snapshot, digests []*digest) {
	p.nodes = make([]*target, len(s.Nodes))
	for i := range s.Nodes {
		t := p.newTarget(&s.Nodes[i], digests[i])
		all := slices.Clone(t.free)
		digests[i].take(t.free, p.axis)
		p.attachRunning(t)
		if t.InFlight {
			p.expectDaemons(t)
		}
		t.slack = slack(t.free, all)
		p.nodes[i] = t
	}
	slices.SortStableFunc(p.nodes, compareTargets)
}

func finished(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

func (p *problem) newTarget(n *Node, d *digest) *target {
	node := &d.node
	node.Name, node.Labels, node.Spec.Taints = n.Name, n.Labels, n.Taints
	taints := sortedTaints(n.Taints)
	if n.Unschedulable {
		taints = append(slices.Clone(taints), unschedulableTaint)
	}
	return &target{Node: n, digest: d, host: host{node: node, taints: taints}, free: p.axis.free(n.Allocatable, n.AttachLimits),
		template: p.ledger.Template(node, false)}
}

// sortedTaints gives the taints in an order that does not depend on that of the snapshot.
func sortedTaints(taints []corev1.Taint) []corev1.Taint {
	byFields := func(a, b corev1.Taint) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Effect, b.Effect))
	}
	if slices.IsSortedFunc(taints, byFields) {
		return taints
	}
	return slices.SortedFunc(slices.Values(taints), byFields)
}

// attachRunning counts the volumes of running pods against the limits of their drivers, each volume of a node once.
func (p *problem) attachRunning(t *target) {
	if !p.attaches {
		return
	}
	attached := map[attachment]bool{}
	for _, pod := range t.digest.holding {
		demand := p.storage.demand(pod)
		if demand == nil {
			continue
		}
		for _, a := range demand.Attach {
			at := p.axis.index(attachName(a.Driver))
			if at < 0 || attached[a] {
				continue
			}
			attached[a] = true
			t.free[at]--
			if p.storage.users[a] > 0 {
				if t.handles == nil {
					t.handles = map[attachment]bool{}
				}
				t.handles[a] = true
			}
		}
	}
}

// expectDaemons keeps room for the DaemonSets whose pod is not on the node yet.
func (p *problem) expectDaemons(t *target) {
	for i := range p.daemons {
		if !t.runs(p.daemons[i].pod) && p.daemons[i].needs.admits(&t.host) {
			reserve(t.free, p.daemons[i].req)
			t.daemons = append(t.daemons, i)
		}
	}
}

// runs tells whether a pod of the template's DaemonSet is on the node already.
func (t *target) runs(template *corev1.Pod) bool {
	owner := metav1.GetControllerOf(template)
	return owner != nil && slices.ContainsFunc(t.Pods, func(pod *corev1.Pod) bool {
		have := metav1.GetControllerOf(pod)
		return have != nil && have.UID == owner.UID
	})
}

func slack(free, all vector) float64 {
	sum := 0.0
	for i := range all {
		if all[i] > 0 {
			sum += float64(free[i]) / float64(all[i])
		}
	}
	return sum
}

func compareTargets(a, b *target) int {
	if a.InFlight != b.InFlight {
		if b.InFlight {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.slack, b.slack), cmp.Compare(a.Name, b.Name))
}
