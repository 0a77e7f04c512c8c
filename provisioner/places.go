package provisioner

import (
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// places remember which pods the last plan put on machines that are on their way. They live in memory only: after a restart the next plan
// finds places again, if not the same ones for pods that no machine was bought for.
type places struct {
	mu   sync.Mutex
	pods map[string][]types.NamespacedName // by node
}

// learn takes over what a plan says.
func (p *places) learn(snapshot *plan.Snapshot, made *plan.Plan) {
	awaited := map[string]bool{}
	for i := range snapshot.Nodes {
		node := &snapshot.Nodes[i]
		awaited[node.Name] = node.InFlight || len(node.Expected) > 0
	}
	pods := map[string][]types.NamespacedName{}
	for _, placed := range made.Placed {
		if awaited[placed.Node] {
			pods[placed.Node] = append(pods[placed.Node], types.NamespacedName{Namespace: placed.Pod.Namespace, Name: placed.Pod.Name})
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pods = pods
}

// on lists the pods of a node.
func (p *places) on(node string) []types.NamespacedName {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.pods[node])
}

// Planned lists the pods that the last plan put on a machine which is on its way.
func (p *Provisioner) Planned(node string) []types.NamespacedName { return p.places.on(node) }
