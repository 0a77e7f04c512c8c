package plan

import (
	"cmp"
	"encoding/binary"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/volumes"
)

// class is a set of pods that no rule can tell apart: the same requests, the same needs, the same neighbours. Everything is computed
// once a class.
type class struct {
	key string
	req vector
	// lean is req without shared volumes, of which the next pod of the class on a node needs no more.
	lean    vector
	needs   int // index in problem.needs
	profile topology.Profile
	// shared are volumes that other pods use as well, each of which counts once on a node. They are in req too.
	shared []attachment
	// claims is set where the pod's claims choose among volumes or tie it to the node of other pods.
	claims   *volumes.Demand
	priority int32
	// belowCutoff says that no node is bought for the pods, preempts that kube-scheduler may still make room for them.
	belowCutoff, preempts bool

	pods []*corev1.Pod // by namespace, name and UID
	out  int           // the first pods, which have been handed out
}

// ruled tells whether more than room, labels and taints decides where the pods may go.
func (c *class) ruled() bool {
	return c.profile != topology.Plain || c.claims != nil || len(c.shared) > 0
}

// next hands out the next n pods.
func (c *class) next(n int) []*corev1.Pod {
	pods := c.pods[c.out : c.out+n : c.out+n]
	c.out += n
	return pods
}

// grouping is what groupPods makes of the waiting pods.
type grouping struct {
	axis        axis
	classes     []class // by key
	needs       []*needs
	table       *topology.Table
	storage     storage
	preferences *preferences
	screened    []Unplaced
}

// waiting is a pod on its way into a class.
type waiting struct {
	pod *corev1.Pod
	// asks is the pod with those of its preferences as requirements that the plan honours.
	asks     *corev1.Pod
	requests corev1.ResourceList
	demand   *volumes.Demand // nil for most
}

// groupPods sorts pods into classes. Pods for which nothing can be done are set apart.
func groupPods(s *Snapshot, digests []*digest, w *preferences) grouping {
	g := grouping{preferences: w, table: topology.NewTable(s.Namespaces), storage: newStorage(&s.Storage)}
	pods := g.screen(s)
	g.storage.count(pods, digests)
	for i := range pods {
		g.table.AddWaiting(pods[i].asks, pods[i].pod, pods[i].tokens())
		pods[i].requests = g.storage.withAttachments(podRequests(pods[i].pod), pods[i].demand)
	}
	g.addRunning(s, digests)
	g.axis = newAxis(pods)
	g.classify(pods, newPriorities(s, digests))
	slices.SortFunc(g.classes, func(a, b class) int { return cmp.Compare(a.key, b.key) })
	return g
}

func (g *grouping) screen(s *Snapshot) []waiting {
	pods := make([]waiting, 0, len(s.Pods))
	for _, pod := range sortedPods(s.Pods) {
		demand := g.storage.demand(pod)
		if reason, message := screen(pod, &s.Policy, demand); reason != "" {
			g.screened = append(g.screened, Unplaced{Pod: pod, Reason: reason, Message: message})
			continue
		}
		pods = append(pods, waiting{pod: pod, asks: g.preferences.harden(pod), demand: demand})
	}
	return pods
}

// addRunning adds the rules by which running pods, and the DaemonSets' to come, keep others away.
func (g *grouping) addRunning(s *Snapshot, digests []*digest) {
	for _, d := range digests {
		for _, pod := range d.avoiding {
			g.table.AddRunning(pod)
		}
	}
	for _, pod := range s.Daemons {
		g.table.AddRunning(pod)
	}
}

func (g *grouping) classify(pods []waiting, priorities priorities) {
	classOf, needsOf := map[string]int{}, map[string]int{}
	req := make(vector, len(g.axis.names))
	var key []byte
	for i := range pods {
		w := &pods[i]
		g.axis.fillRequests(req, w.requests)
		key = appendNeeds(key[:0], &w.asks.Spec, w.demand)
		if g.preferences.mindsTaints(w.pod) {
			key = append(key, 'M')
		}
		needsLen := len(key)
		for _, amount := range req {
			key = binary.BigEndian.AppendUint64(key, uint64(amount))
		}
		made := class{priority: priorityOf(w.pod), belowCutoff: priorities.belowCutoff(w.pod), preempts: priorities.preempts(w.pod)}
		made.profile = g.table.Profile(w.asks, w.pod, w.tokens())
		key = appendRest(key, &made)
		if w.demand != nil {
			made.shared = g.storage.shared(w.demand)
			made.claims = g.storage.claims(w.demand)
			key = appendClaims(appendShared(key, made.shared), made.claims)
		}
		at, known := classOf[string(key)]
		if !known {
			at = len(g.classes)
			made.key, made.req = string(key), slices.Clone(req)
			classOf[made.key] = at
			made.needs = g.needsFor(needsOf, made.key[:needsLen], w)
			g.classes = append(g.classes, made)
		}
		g.classes[at].pods = append(g.classes[at].pods, w.pod)
	}
}

func (g *grouping) needsFor(known map[string]int, key string, w *waiting) int {
	n, ok := known[key]
	if !ok {
		n = len(g.needs)
		known[key] = n
		made := newNeeds(w.asks, w.demand)
		made.minds = g.preferences.mindsTaints(w.pod)
		g.needs = append(g.needs, made)
	}
	return n
}

func appendRest(key []byte, c *class) []byte {
	key = binary.BigEndian.AppendUint64(key, uint64(c.profile))
	key = binary.BigEndian.AppendUint32(key, uint32(c.priority))
	flags := byte(0)
	if c.belowCutoff {
		flags |= 1
	}
	if c.preempts {
		flags |= 2
	}
	return append(key, flags)
}

// sortedPods gives the pods in an order that does not depend on that of the snapshot.
func sortedPods(pods []*corev1.Pod) []*corev1.Pod {
	if slices.IsSortedFunc(pods, comparePods) {
		return pods
	}
	sorted := slices.Clone(pods)
	slices.SortStableFunc(sorted, comparePods)
	return sorted
}

func comparePods(a, b *corev1.Pod) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.UID, b.UID))
}
