package feed

import (
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

// facts are what is known of the cluster, kept so that a snapshot costs one pass over nodes and machines and none over pods.
// Informers write to it; only the publisher reads.
type facts struct {
	mu        sync.Mutex
	nodes     map[string]score.Node // allocatable and removal only
	pods      map[types.NamespacedName]boundPod
	requested map[string]score.Amount // by node
	machines  map[types.NamespacedName]machine

	// changed holds a token when something changed since the publisher last took it.
	changed chan struct{}
}

// boundPod is a pod that takes room on a node.
type boundPod struct {
	node    string
	request score.Amount
}

// machine is what matters of a VPSieNode.
type machine struct {
	plan     score.Plan
	price    money.PerHour
	removing bool
}

func newFacts() *facts {
	return &facts{
		nodes:     map[string]score.Node{},
		pods:      map[types.NamespacedName]boundPod{},
		requested: map[string]score.Amount{},
		machines:  map[types.NamespacedName]machine{},
		changed:   make(chan struct{}, 1),
	}
}

func (f *facts) setNode(node *corev1.Node) {
	_, scaleDown := node.Annotations[v1alpha1.AnnotationScaleDownStarted]
	fact := score.Node{
		Allocatable: score.AmountOf(node.Status.Allocatable),
		Removing:    scaleDown || !node.DeletionTimestamp.IsZero(),
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if old, known := f.nodes[node.Name]; known && old == fact {
		return // most updates of a Node are heartbeats
	}
	f.nodes[node.Name] = fact
	f.announce()
}

func (f *facts) forgetNode(node *corev1.Node) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.nodes, node.Name)
	f.announce()
}

func (f *facts) setPod(pod *corev1.Pod) {
	if pod.Spec.NodeName == "" || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
		f.forgetPod(pod)
		return
	}
	f.movePod(client.ObjectKeyFromObject(pod), boundPod{node: pod.Spec.NodeName, request: score.RequestOf(pod)})
}

func (f *facts) forgetPod(pod *corev1.Pod) { f.movePod(client.ObjectKeyFromObject(pod), boundPod{}) }

// movePod makes the pod take room as the fact says, and nowhere else. The zero fact takes no room.
func (f *facts) movePod(key types.NamespacedName, fact boundPod) {
	f.mu.Lock()
	defer f.mu.Unlock()
	old, known := f.pods[key]
	if old == fact {
		return
	}
	if known {
		f.reserve(old.node, f.requested[old.node].Sub(old.request))
		delete(f.pods, key)
	}
	if fact.node != "" {
		f.reserve(fact.node, f.requested[fact.node].Add(fact.request))
		f.pods[key] = fact
	}
	f.announce()
}

func (f *facts) reserve(node string, total score.Amount) {
	if total == (score.Amount{}) {
		delete(f.requested, node)
		return
	}
	f.requested[node] = total
}

func (f *facts) setMachine(vn *v1alpha1.VPSieNode) {
	removing := !vn.DeletionTimestamp.IsZero()
	usable := meta.IsStatusConditionTrue(vn.Status.Conditions, v1alpha1.ConditionReady)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.machines[client.ObjectKeyFromObject(vn)] = machine{
		plan: score.Plan{
			Node:     vn.NodeName(),
			Pods:     vn.Spec.Decision.Pods,
			InFlight: !removing && !usable && vn.Status.Phase != v1alpha1.PhaseFailed,
			Since:    vn.CreationTimestamp.Time,
		},
		price:    money.PerHour(vn.Spec.Decision.PriceNanosPerHour),
		removing: removing,
	}
	f.announce()
}

func (f *facts) forgetMachine(vn *v1alpha1.VPSieNode) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.machines, client.ObjectKeyFromObject(vn))
	f.announce()
}

func (f *facts) announce() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

func (f *facts) snapshot() *score.Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	nodes := make(map[string]score.Node, len(f.nodes))
	for name, node := range f.nodes {
		node.Requested = f.requested[name]
		nodes[name] = node
	}
	plans := make([]score.Plan, 0, len(f.machines))
	for _, m := range f.machines {
		plans = append(plans, m.plan)
		if node, joined := nodes[m.plan.Node]; joined {
			node.Price = max(node.Price, m.price)
			node.Removing = node.Removing || m.removing
			nodes[m.plan.Node] = node
		}
	}
	return score.NewSnapshot(nodes, plans)
}
