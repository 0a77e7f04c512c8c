package plan

import (
	"cmp"
	"encoding/binary"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// class is a set of pods that no rule can tell apart: the same requests and the same needs. Everything is computed once a class.
type class struct {
	key   string
	req   vector
	needs int           // index in problem.needs
	pods  []*corev1.Pod // by namespace, name and UID
	// placed is the number of pods that have a place; they are the first ones of pods.
	placed int
}

// rest is the number of pods that have no place yet.
func (c *class) rest() int { return len(c.pods) - c.placed }

// next hands out the next n pods that have no place yet.
func (c *class) next(n int) []*corev1.Pod {
	pods := c.pods[c.placed : c.placed+n : c.placed+n]
	c.placed += n
	return pods
}

// grouping is what groupPods makes of the waiting pods.
type grouping struct {
	axis        axis
	classes     []class // by key
	needs       []*needs
	unsupported []Unplaced
}

// groupPods sorts pods into classes. Pods with a constraint that is not modelled are set apart.
func groupPods(pods []*corev1.Pod) grouping {
	var g grouping
	supported := make([]*corev1.Pod, 0, len(pods))
	for _, pod := range sortedPods(pods) {
		if path := unsupported(pod); path != "" {
			g.unsupported = append(g.unsupported, Unplaced{Pod: pod, Reason: ReasonUnsupported,
				Message: path + " is a hard constraint that is not supported yet; make it a preference or remove it"})
			continue
		}
		supported = append(supported, pod)
	}
	requests := make([]corev1.ResourceList, len(supported))
	for i, pod := range supported {
		requests[i] = podRequests(pod)
	}
	g.axis = newAxis(requests)
	g.classify(supported, requests)
	slices.SortFunc(g.classes, func(a, b class) int { return cmp.Compare(a.key, b.key) })
	return g
}

func (g *grouping) classify(pods []*corev1.Pod, requests []corev1.ResourceList) {
	classOf, needsOf := map[string]int{}, map[string]int{}
	req := make(vector, len(g.axis.names))
	var key []byte
	for i, pod := range pods {
		g.axis.fillRequests(req, requests[i])
		key = appendNeeds(key[:0], &pod.Spec)
		needsLen := len(key)
		for _, amount := range req {
			key = binary.BigEndian.AppendUint64(key, uint64(amount))
		}
		at, known := classOf[string(key)]
		if !known {
			at = len(g.classes)
			kept := string(key)
			classOf[kept] = at
			n, ok := needsOf[kept[:needsLen]]
			if !ok {
				n = len(g.needs)
				needsOf[kept[:needsLen]] = n
				g.needs = append(g.needs, newNeeds(pod))
			}
			g.classes = append(g.classes, class{key: kept, req: slices.Clone(req), needs: n})
		}
		g.classes[at].pods = append(g.classes[at].pods, pod)
	}
}

// sortedPods gives the pods in an order that does not depend on that of the snapshot.
func sortedPods(pods []*corev1.Pod) []*corev1.Pod {
	sorted := slices.Clone(pods)
	slices.SortStableFunc(sorted, comparePods)
	return sorted
}

func comparePods(a, b *corev1.Pod) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.UID, b.UID))
}
