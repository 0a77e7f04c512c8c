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
	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// facts are what is known of the cluster, kept so that a snapshot costs one pass over nodes and machines and none over pods.
// Informers write to it; only the publisher reads.
type facts struct {
	mu       sync.Mutex
	nodes    map[string]score.Node // what the Node itself says
	pods     map[types.NamespacedName]boundPod
	loads    map[string]load // by node; none where nothing is bound
	machines map[types.NamespacedName]machine

	// changed holds a token when something changed since the publisher last took it.
	changed chan struct{}
}

// boundPod is a pod that takes room on a node.
type boundPod struct {
	node    string
	request score.Amount
	// workload says that the pod would have to move before the node goes.
	workload bool
}

// load is what the pods of one node amount to.
type load struct {
	pods, workloads int
	requested       score.Amount
}

// machine is what matters of a VPSieNode.
type machine struct {
	plan     score.Plan
	price    money.PerHour
	removing bool
	// empty says that no workload ran on the node when the rebalancer last looked.
	empty bool
	// fails says that the machine is about to be replaced.
	fails bool
}

func newFacts() *facts {
	return &facts{
		nodes:    map[string]score.Node{},
		pods:     map[types.NamespacedName]boundPod{},
		loads:    map[string]load{},
		machines: map[types.NamespacedName]machine{},
		changed:  make(chan struct{}, 1),
	}
}

func (f *facts) setNode(node *corev1.Node) {
	_, scaleDown := node.Annotations[v1alpha1.AnnotationScaleDownStarted]
	fact := score.Node{
		Allocatable: score.AmountOf(node.Status.Allocatable),
		Spot:        spot(node),
		Interrupted: interrupted(node),
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
	if pod.Spec.NodeName == "" || workload.Finished(pod) {
		f.forgetPod(pod)
		return
	}
	f.movePod(client.ObjectKeyFromObject(pod), boundPod{
		node: pod.Spec.NodeName, request: score.RequestOf(pod), workload: workload.MustMove(pod),
	})
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
		f.unload(old)
		delete(f.pods, key)
	}
	if fact.node != "" {
		f.load(fact)
		f.pods[key] = fact
	}
	f.announce()
}

func (f *facts) load(pod boundPod) {
	l := f.loads[pod.node]
	l.pods++
	l.requested = l.requested.Add(pod.request)
	if pod.workload {
		l.workloads++
	}
	f.loads[pod.node] = l
}

func (f *facts) unload(pod boundPod) {
	l := f.loads[pod.node]
	l.pods--
	l.requested = l.requested.Sub(pod.request)
	if pod.workload {
		l.workloads--
	}
	f.loads[pod.node] = l
	if l.pods == 0 {
		delete(f.loads, pod.node)
	}
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
		empty:    meta.IsStatusConditionTrue(vn.Status.Conditions, v1alpha1.ConditionEmpty),
		fails:    fails(vn),
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
		node.Requested = f.loads[name].requested
		nodes[name] = node
	}
	plans := make([]score.Plan, 0, len(f.machines))
	for _, m := range f.machines {
		plans = append(plans, m.plan)
		if node, joined := nodes[m.plan.Node]; joined {
			node.Price = max(node.Price, m.price)
			node.Removing = node.Removing || m.removing
			node.Interrupted = node.Interrupted || m.fails
			// A pod that was bound since the rebalancer looked ends the countdown: the next pods may follow it at once.
			node.Candidate = m.empty && f.loads[m.plan.Node].workloads == 0
			nodes[m.plan.Node] = node
		}
	}
	return score.NewSnapshot(nodes, plans)
}
