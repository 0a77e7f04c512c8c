package plan

import (
	"maps"
	"slices"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	schedulinghelper "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/canon"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/volumes"
)

// needs is where a pod may run, apart from room and neighbours: node selector, required node affinity, tolerations and where its
// volumes are. Many classes share one.
type needs struct {
	pod      *corev1.Pod // any pod with these needs
	required nodeaffinity.RequiredNodeAffinity
	volumes  []*nodeaffinity.NodeSelector // each must match
	// minds says that soft taints count as hard ones.
	minds bool
	// broken says that a volume's node affinity cannot be read, so that no node matches.
	broken bool
}

func newNeeds(pod *corev1.Pod, d *volumes.Demand) *needs {
	n := &needs{pod: pod, required: nodeaffinity.GetRequiredNodeAffinity(pod)}
	if d == nil {
		return n
	}
	for _, terms := range d.Terms {
		selector, err := nodeaffinity.NewNodeSelector(terms)
		if err != nil {
			n.broken = true
			continue
		}
		n.volumes = append(n.volumes, selector)
	}
	return n
}

// host is what needs are compared with: a node, or what a new node will look like.
type host struct {
	node *corev1.Node // name, labels and taints only
	// taints are those of the node, and one more while it is cordoned.
	taints []corev1.Taint
}

// mismatch is the first rule that keeps a pod off a host. A greater one is closer to a match.
type mismatch int

const (
	failsSelector mismatch = iota
	failsAffinity
	failsTaint
	failsVolumes
	matches
)

// admits tells whether a pod with these needs may run on the host.
func (n *needs) admits(h *host) bool {
	// A selector that cannot be parsed matches nothing, as in kube-scheduler.
	if ok, err := n.required.Match(h.node); !ok || err != nil {
		return false
	}
	return n.reachesVolumes(h) && n.untolerated(h) == nil
}

// reachesVolumes tells whether the pod's volumes can be used on the host.
func (n *needs) reachesVolumes(h *host) bool {
	return !n.broken && !slices.ContainsFunc(n.volumes, func(s *nodeaffinity.NodeSelector) bool { return !s.Match(h.node) })
}

// compare is admits with the rule that failed.
func (n *needs) compare(h *host) mismatch {
	if n.missingLabel(h) != "" {
		return failsSelector
	}
	if ok, err := n.required.Match(h.node); !ok || err != nil {
		return failsAffinity
	}
	if n.untolerated(h) != nil {
		return failsTaint
	}
	if !n.reachesVolumes(h) {
		return failsVolumes
	}
	return matches
}

// missingLabel is the first label of the node selector, by key, that the host does not have, as key=value.
func (n *needs) missingLabel(h *host) string {
	for _, key := range slices.Sorted(maps.Keys(n.pod.Spec.NodeSelector)) {
		want := n.pod.Spec.NodeSelector[key]
		if have, ok := h.node.Labels[key]; !ok || have != want {
			return key + "=" + want
		}
	}
	return ""
}

// untolerated is the first taint that keeps the pod off the host, or nil. The comparing operators are on: where the API server
// has them switched off, no pod can carry them.
func (n *needs) untolerated(h *host) *corev1.Taint {
	for i := range h.taints {
		taint := &h.taints[i]
		if preferNoSchedule(*taint) && !n.minds {
			continue
		}
		if !schedulinghelper.TolerationsTolerateTaint(logr.Discard(), n.pod.Spec.Tolerations, taint, true) {
			return taint
		}
	}
	return nil
}

// explain says in words what compare found.
func (n *needs) explain(h *host) string {
	switch n.compare(h) {
	case failsSelector:
		return "its nodes have no label " + n.missingLabel(h) + ", which spec.nodeSelector asks for"
	case failsAffinity:
		return "its nodes do not match spec.affinity.nodeAffinity"
	case failsTaint:
		taint := n.untolerated(h)
		return "its taint " + taint.ToString() + " is not tolerated"
	case failsVolumes:
		return "the volumes of the pod cannot be used there"
	default:
		return ""
	}
}

// appendNeeds appends a form of the pod's needs that is equal for equal needs, whatever the order of map entries or tolerations.
func appendNeeds(key []byte, spec *corev1.PodSpec, d *volumes.Demand) []byte {
	key = canon.Map(key, spec.NodeSelector)
	if a := spec.Affinity; a != nil && a.NodeAffinity != nil && a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		key = canon.NodeSelector(append(key, 'A'), a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
	}
	key = canon.Tolerations(append(key, 'S'), spec.Tolerations)
	if d != nil {
		for _, terms := range d.Terms {
			key = canon.NodeSelector(append(key, 'V'), terms)
		}
	}
	return key
}
