package plan

import (
	"maps"
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/canon"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/volumes"
)

// digest is what a plan needs to know of a node's pods. It depends on nothing but the node, so it can be kept for the next plan.
type digest struct {
	pods []identity // what it was made from, pod by pod
	// used is what the pods take, by resource.
	used []usage
	// kin counts the pods by their namespace and labels.
	kin []kin
	// avoiding has for each pod with anti-affinity of its own one that is like it in that; holding are those with volumes or host ports.
	avoiding, holding []*corev1.Pod
	// lowest is the priority of the least important pod.
	lowest int32
	// node is room for the node as rules look at it. A corev1.Node is large, so it is kept as well; what is in it is set for each plan.
	node  corev1.Node
	round int // of the memory, when it was last used
}

// identity tells one state of one pod from all others.
type identity struct {
	uid     types.UID
	version string
}

func identify(pod *corev1.Pod) identity { return identity{uid: pod.UID, version: pod.ResourceVersion} }

// usage is an amount of a resource.
type usage struct {
	name   corev1.ResourceName
	amount int64
}

// kin is a number of pods with the same namespace and labels.
type kin struct {
	family int // index in memory.families
	pods   int
	living int // of them, those that are not being deleted
}

// memory is what is kept from one plan to the next. The zero value remembers nothing.
type memory struct {
	digests map[string]*digest // by node name
	known   map[string]int     // family by namespace and labels
	// families has one pod of each family.
	families []*corev1.Pod
	avoiders map[string]*corev1.Pod // by what they keep away from
	round    int
	scratch  []byte
}

// forgetful bounds the families and avoiders that are remembered beyond the number of pods that exist.
const forgetful = 4096

// read gives the digests of a snapshot's nodes, in their order. Only those of nodes that changed are made anew.
func (m *memory) read(nodes []Node) []*digest {
	pods := 0
	for i := range nodes {
		pods += len(nodes[i].Pods)
	}
	if m.known == nil || max(len(m.families), len(m.avoiders)) > forgetful+pods {
		*m = memory{known: map[string]int{}, avoiders: map[string]*corev1.Pod{}, digests: make(map[string]*digest, len(nodes))}
	}
	m.round++
	read := make([]*digest, len(nodes))
	for i := range nodes {
		n := &nodes[i]
		d := m.digests[n.Name]
		if d == nil || !d.of(n) {
			d = m.digest(n)
			m.digests[n.Name] = d
		}
		d.round = m.round
		read[i] = d
	}
	if len(m.digests) > len(nodes) {
		maps.DeleteFunc(m.digests, func(_ string, d *digest) bool { return d.round != m.round })
	}
	return read
}

// of tells whether the digest was made from such a node. Pods that the API server never stored have no version, so they are
// never known to be the same.
func (d *digest) of(n *Node) bool {
	return slices.EqualFunc(d.pods, n.Pods, func(known identity, pod *corev1.Pod) bool {
		return known == identify(pod) && known.uid != "" && known.version != ""
	})
}

func (m *memory) digest(n *Node) *digest {
	d := &digest{pods: make([]identity, len(n.Pods)), lowest: math.MaxInt32}
	for i, pod := range n.Pods {
		d.pods[i] = identify(pod)
	}
	for _, pod := range n.Pods {
		if finished(pod) {
			continue
		}
		d.lowest = min(d.lowest, priorityOf(pod))
		d.use(corev1.ResourcePods, 1)
		for name, q := range podRequests(pod) {
			if name != corev1.ResourcePods {
				d.use(name, amount(name, &q))
			}
		}
		d.addKin(m.family(pod), pod.DeletionTimestamp == nil)
		if avoider := m.avoider(pod); avoider != nil {
			d.avoiding = append(d.avoiding, avoider)
		}
		if !volumes.Simple(pod) || topology.HasHostPort(pod) {
			d.holding = append(d.holding, keep(pod))
		}
	}
	return d
}

// keep copies a pod out of the list that it is in, which would otherwise be kept alive as a whole.
func keep(pod *corev1.Pod) *corev1.Pod {
	kept := *pod
	return &kept
}

func (d *digest) use(name corev1.ResourceName, amount int64) {
	for i := range d.used {
		if d.used[i].name == name {
			d.used[i].amount = min(maxAmount, d.used[i].amount+amount)
			return
		}
	}
	d.used = append(d.used, usage{name, amount})
}

func (d *digest) addKin(family int, living bool) {
	at := slices.IndexFunc(d.kin, func(k kin) bool { return k.family == family })
	if at < 0 {
		at = len(d.kin)
		d.kin = append(d.kin, kin{family: family})
	}
	d.kin[at].pods++
	if living {
		d.kin[at].living++
	}
}

// avoider is a pod that keeps away from the same pods as this one, or nil where it keeps away from none.
func (m *memory) avoider(pod *corev1.Pod) *corev1.Pod {
	if pod.Spec.Affinity == nil || pod.Spec.Affinity.PodAntiAffinity == nil {
		return nil
	}
	m.scratch = topology.AppendAvoidance(m.scratch[:0], pod)
	if len(m.scratch) == 0 {
		return nil
	}
	known, ok := m.avoiders[string(m.scratch)]
	if !ok {
		known = keep(pod)
		m.avoiders[string(m.scratch)] = known
	}
	return known
}

// family is the index of a pod's namespace and labels.
func (m *memory) family(pod *corev1.Pod) int {
	m.scratch = canon.Map(canon.Text(m.scratch[:0], pod.Namespace), pod.Labels)
	at, ok := m.known[string(m.scratch)]
	if !ok {
		at = len(m.families)
		m.known[string(m.scratch)] = at
		m.families = append(m.families, keep(pod))
	}
	return at
}

// take takes what the pods use off a node's room.
func (d *digest) take(free vector, resources axis) {
	for _, u := range d.used {
		if at := resources.index(u.name); at >= 0 {
			free[at] = max(free[at]-u.amount, -maxAmount)
		}
	}
}
