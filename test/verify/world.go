package verify

import (
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// world is a state of the cluster: nodes and the pods on them.
type world struct {
	s      *plan.Snapshot
	hosts  []*host
	byName map[string]*host
	pods   map[*corev1.Pod]*pod
	// all are the pods that are or were on a host; guards are those among them with required anti-affinity. A pod without a host is
	// skipped wherever the lists are read.
	all, guards []*pod
	storage     storage
}

// host is a node that exists, is on its way, or is bought.
type host struct {
	node        *corev1.Node // name, labels, taints and allocatable
	taints      []corev1.Taint
	allocatable map[corev1.ResourceName]int64
	attach      map[string]int
	inFlight    bool
	group       *plan.Group    // of a new node
	offering    *plan.Offering // of a new node
	pods        []*pod         // those without this host are not there any more
	used        map[corev1.ResourceName]int64
}

func (h *host) String() string {
	if h.offering != nil {
		return h.node.Name + " (" + h.group.Key + ", " + h.offering.ID + ")"
	}
	return "node " + h.node.Name
}

// newWorld has the nodes of the snapshot with the pods that run there, and the DaemonSets of the nodes on their way.
func newWorld(s *plan.Snapshot) *world {
	w := &world{s: s, byName: map[string]*host{}, pods: map[*corev1.Pod]*pod{}, storage: newStorage(&s.Storage)}
	for i := range s.Nodes {
		n := &s.Nodes[i]
		h := newHost(n.Name, n.Labels, n.Taints, n.Allocatable)
		h.attach, h.inFlight = n.AttachLimits, n.InFlight
		if n.Unschedulable {
			h.node.Spec.Unschedulable = true
		}
		w.hosts = append(w.hosts, h)
		w.byName[n.Name] = h
		for _, running := range n.Pods {
			if !finished(running) {
				w.add(w.pod(running), h)
			}
		}
		if n.InFlight {
			w.addDaemons(h)
		}
	}
	return w
}

func newHost(name string, labels map[string]string, taints []corev1.Taint, allocatable corev1.ResourceList) *host {
	h := &host{node: &corev1.Node{}, taints: taints, allocatable: amounts(allocatable), used: map[corev1.ResourceName]int64{}}
	h.node.Name, h.node.Labels, h.node.Spec.Taints = name, labels, taints
	return h
}

func finished(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// pod gives what is known of a pod, computed once.
func (w *world) pod(of *corev1.Pod) *pod {
	p, ok := w.pods[of]
	if !ok {
		p = newPod(of)
		w.pods[of] = p
	}
	return p
}

// add puts a pod on a host.
func (w *world) add(p *pod, h *host) {
	h.pods = append(h.pods, p)
	w.all = append(w.all, p)
	if len(p.anti) > 0 {
		w.guards = append(w.guards, p)
	}
	w.put(p, h)
}

// undo takes away the pod that was added last.
func (w *world) undo(p *pod) {
	h := w.take(p)
	h.pods = h.pods[:len(h.pods)-1]
	w.all = w.all[:len(w.all)-1]
	if len(p.anti) > 0 {
		w.guards = w.guards[:len(w.guards)-1]
	}
}

// put brings back a pod that take has taken off the same host.
func (w *world) put(p *pod, h *host) {
	p.host = h
	h.used[corev1.ResourcePods]++
	for name, amount := range p.requests {
		h.used[name] += amount
	}
	for claim := range p.claims {
		w.storage.users[claim]++
	}
}

// take takes a pod off its host and gives the host.
func (w *world) take(p *pod) *host {
	h := p.host
	p.host = nil
	h.used[corev1.ResourcePods]--
	for name, amount := range p.requests {
		h.used[name] -= amount
	}
	for claim := range p.claims {
		w.storage.users[claim]--
	}
	return h
}

// inPlace tells why a pod may not be where it is, with all others in place.
func (w *world) inPlace(p *pod) error {
	h := w.take(p)
	defer w.put(p, h)
	return w.allows(p, h)
}

// addMachine adds a new node of a group as its DaemonSets will find it.
func (w *world) addMachine(g *plan.Group, o *plan.Offering) *host {
	h := newMachine(g, o, len(w.hosts))
	w.hosts = append(w.hosts, h)
	w.addDaemons(h)
	return h
}

// drop takes away the host that was added last, with the pods on it.
func (w *world) drop(h *host) {
	for _, p := range h.pods {
		if p.host == h {
			w.take(p)
		}
	}
	w.hosts = w.hosts[:len(w.hosts)-1]
}

// storage is the storage of the snapshot by name.
type storage struct {
	claims  map[string]*corev1.PersistentVolumeClaim // by namespace/name
	volumes map[string]*corev1.PersistentVolume
	ofClass map[string][]*corev1.PersistentVolume
	classes map[string]*storagev1.StorageClass
	// users is the number of pods on hosts that mount a claim, by namespace/name.
	users map[string]int
}
