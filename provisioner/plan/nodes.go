package plan

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// unschedulableTaint is what a cordoned node counts as having, whether or not the taint has been written yet.
var unschedulableTaint = corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}

// target is a node that exists or is on its way, with the room that its pods leave.
type target struct {
	*Node
	host host
	free vector
	// slack is the share of the node that is free, summed over the resources.
	slack float64
}

// compileNodes gives the nodes in the order in which they receive pods: registered before in flight, the fullest first, by name.
func compileNodes(s *Snapshot, resources axis) []target {
	daemons := compileDaemons(s.Daemons, resources)
	targets := make([]target, len(s.Nodes))
	req := make(vector, len(resources.names))
	for i := range s.Nodes {
		t := newTarget(&s.Nodes[i], resources)
		for _, pod := range t.Pods {
			if pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
				continue
			}
			resources.fillRequests(req, podRequests(pod))
			reserve(t.free, req)
		}
		if t.InFlight {
			t.reserveDaemons(daemons)
		}
		t.slack = slack(t.free, resources.free(t.Allocatable))
		targets[i] = t
	}
	slices.SortStableFunc(targets, compareTargets)
	return targets
}

func newTarget(n *Node, resources axis) target {
	node := &corev1.Node{}
	node.Name, node.Labels = n.Name, n.Labels
	taints := n.Taints
	if n.Unschedulable {
		taints = append(slices.Clone(taints), unschedulableTaint)
	}
	return target{Node: n, host: host{node: node, taints: taints}, free: resources.free(n.Allocatable)}
}

// reserveDaemons keeps room for the DaemonSets whose pod is not on the node yet.
func (t *target) reserveDaemons(daemons []daemon) {
	for i := range daemons {
		if !t.runs(daemons[i].pod) && daemons[i].needs.admits(&t.host) {
			reserve(t.free, daemons[i].req)
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

func compareTargets(a, b target) int {
	if a.InFlight != b.InFlight {
		if b.InFlight {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.slack, b.slack), cmp.Compare(a.Name, b.Name))
}
