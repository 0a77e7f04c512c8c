package plan

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	schedulinghelper "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// needs is where a pod may run, apart from room: node selector, required node affinity and tolerations. Many classes share one.
type needs struct {
	pod      *corev1.Pod // any pod with these needs
	required nodeaffinity.RequiredNodeAffinity
}

func newNeeds(pod *corev1.Pod) *needs {
	return &needs{pod: pod, required: nodeaffinity.GetRequiredNodeAffinity(pod)}
}

// host is what needs are compared with: a node, or what a new node will look like.
type host struct {
	node   *corev1.Node // name and labels only
	taints []corev1.Taint
}

// mismatch is the first rule that keeps a pod off a host. A greater one is closer to a match.
type mismatch int

const (
	failsSelector mismatch = iota
	failsAffinity
	failsTaint
	matches
)

// admits tells whether a pod with these needs may run on the host.
func (n *needs) admits(h *host) bool {
	// A selector that cannot be parsed matches nothing, as in kube-scheduler.
	if ok, err := n.required.Match(h.node); !ok || err != nil {
		return false
	}
	return n.untolerated(h) == nil
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
		if taint.Effect != corev1.TaintEffectNoSchedule && taint.Effect != corev1.TaintEffectNoExecute {
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
	default:
		return ""
	}
}

// appendNeeds appends a form of the pod's needs that is equal for equal needs, whatever the order of map entries or tolerations.
func appendNeeds(key []byte, spec *corev1.PodSpec) []byte {
	key = strconv.AppendInt(key, int64(len(spec.NodeSelector)), 10)
	for _, name := range slices.Sorted(maps.Keys(spec.NodeSelector)) {
		key = appendText(key, name, spec.NodeSelector[name])
	}
	if a := spec.Affinity; a != nil && a.NodeAffinity != nil && a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		terms := a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
		key = append(key, 'A')
		for i := range terms {
			key = appendRequirements(append(key, 'T'), terms[i].MatchExpressions)
			key = appendRequirements(append(key, 'F'), terms[i].MatchFields)
		}
	}
	key = append(key, 'S')
	for _, t := range sortedTolerations(spec.Tolerations) {
		key = appendText(key, t.Key, string(t.Operator), t.Value, string(t.Effect))
	}
	return key
}

func appendRequirements(key []byte, requirements []corev1.NodeSelectorRequirement) []byte {
	for i := range requirements {
		key = appendText(key, requirements[i].Key, string(requirements[i].Operator))
		key = appendText(append(key, 'V'), requirements[i].Values...)
	}
	return key
}

// appendText appends strings with their lengths, so that no two lists give the same bytes.
func appendText(key []byte, texts ...string) []byte {
	for _, text := range texts {
		key = strconv.AppendInt(key, int64(len(text)), 10)
		key = append(key, ':')
		key = append(key, text...)
	}
	return key
}

func sortedTolerations(tolerations []corev1.Toleration) []corev1.Toleration {
	byFields := func(a, b corev1.Toleration) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Operator, b.Operator), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Effect, b.Effect))
	}
	if slices.IsSortedFunc(tolerations, byFields) {
		return tolerations
	}
	return slices.SortedFunc(slices.Values(tolerations), byFields)
}
