package topology

import (
	"slices"
	"strconv"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	schedulinghelper "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/canon"
)

// spread is a count of pods by topology domain that hard spread constraints look at. Constraints that count the same pods on the same
// nodes share one.
type spread struct {
	key  int
	keys []int // of all hard constraints of the pod; a node that lacks one is not looked at
	// pod is one of the pods with the constraint; the policies look at its node affinity and tolerations.
	pod       *corev1.Pod
	affinity  *nodeaffinity.RequiredNodeAffinity // nil where every node counts
	taints    bool                               // whether nodes with taints that the pod does not tolerate are left out
	namespace string
	selector  labels.Selector
}

func hard(c *corev1.TopologySpreadConstraint) bool {
	return c.WhenUnsatisfiable != corev1.ScheduleAnyway
}

func honoursAffinity(c *corev1.TopologySpreadConstraint) bool {
	return c.NodeAffinityPolicy == nil || *c.NodeAffinityPolicy == corev1.NodeInclusionPolicyHonor
}

func honoursTaints(c *corev1.TopologySpreadConstraint) bool {
	return c.NodeTaintsPolicy != nil && *c.NodeTaintsPolicy == corev1.NodeInclusionPolicyHonor
}

// spread gives the count for one of a pod's constraints. Constraints that the pod really has look at the nodes that all of those ask for.
func (t *Table) spread(pod, was *corev1.Pod, constraint int) int {
	c := &pod.Spec.TopologySpreadConstraints[constraint]
	keys := t.spreadKeys(pod)
	if hard(&was.Spec.TopologySpreadConstraints[constraint]) {
		keys = t.spreadKeys(was)
	}
	t.scratch = canon.Text(t.scratch[:0], c.TopologyKey, pod.Namespace)
	for _, key := range keys {
		t.scratch = append(strconv.AppendInt(t.scratch, int64(key), 10), ',')
	}
	t.scratch = appendLabelKeys(canon.Selector(t.scratch, c.LabelSelector), pod, c.MatchLabelKeys)
	affinity := honoursAffinity(c) && constrainsNodes(was)
	if affinity {
		t.scratch = canon.Map(append(t.scratch, 'A'), was.Spec.NodeSelector)
		if required := requiredNodes(was); required != nil {
			t.scratch = canon.NodeSelector(t.scratch, required)
		}
	}
	if honoursTaints(c) {
		t.scratch = canon.Tolerations(append(t.scratch, 'T'), was.Spec.Tolerations)
	}
	if at, ok := t.spreadIndex[string(t.scratch)]; ok {
		return at
	}
	at := len(t.spreads)
	t.spreadIndex[string(t.scratch)] = at
	s := spread{key: t.key(c.TopologyKey), keys: keys, pod: was, taints: honoursTaints(c), namespace: pod.Namespace, selector: labels.Nothing()}
	if selector, err := metav1.LabelSelectorAsSelector(c.LabelSelector); err == nil {
		s.selector = withLabelKeys(selector, pod, c.MatchLabelKeys, nil)
	}
	if affinity {
		required := nodeaffinity.GetRequiredNodeAffinity(was)
		s.affinity = &required
	}
	t.spreads = append(t.spreads, s)
	return at
}

// spreadKeys are the topology keys of a pod's hard constraints, each once, in a fixed order.
func (t *Table) spreadKeys(pod *corev1.Pod) []int {
	var keys []int
	for i := range pod.Spec.TopologySpreadConstraints {
		if c := &pod.Spec.TopologySpreadConstraints[i]; hard(c) {
			if key := t.key(c.TopologyKey); !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	return keys
}

func constrainsNodes(pod *corev1.Pod) bool {
	return len(pod.Spec.NodeSelector) > 0 || requiredNodes(pod) != nil
}

func requiredNodes(pod *corev1.Pod) *corev1.NodeSelector {
	if a := pod.Spec.Affinity; a != nil && a.NodeAffinity != nil {
		return a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	}
	return nil
}

// looksAt tells whether the pods of a node are counted.
func (s *spread) looksAt(node *corev1.Node, domains []int32) bool {
	for _, key := range s.keys {
		if domains[key] == noDomain {
			return false
		}
	}
	if s.affinity != nil {
		if ok, _ := s.affinity.Match(node); !ok {
			return false
		}
	}
	return !s.taints || s.tolerates(node)
}

func (s *spread) tolerates(node *corev1.Node) bool {
	keepsAway := func(t *corev1.Taint) bool {
		return t.Effect == corev1.TaintEffectNoSchedule || t.Effect == corev1.TaintEffectNoExecute
	}
	_, untolerated := schedulinghelper.FindMatchingUntoleratedTaint(logr.Discard(), node.Spec.Taints, s.pod.Spec.Tolerations, keepsAway, true)
	return !untolerated
}

// counts tells whether a pod is counted. As in kube-scheduler a selector that selects everything counts nothing.
func (s *spread) counts(namespace string, podLabels labels.Set) bool {
	return namespace == s.namespace && !s.selector.Empty() && s.selector.Matches(podLabels)
}
