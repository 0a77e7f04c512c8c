package provisioner

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// assumeFor bounds how long a write is believed without the cache showing it: far longer than a watch lags, and short enough
// that an object which was deleted before the cache ever showed it does not hold pods back.
const assumeFor = 30 * time.Second

// assumed holds VPSieNodes that were written and that the cache may not show yet. Without it a second plan made a moment
// after the first would buy the same machines again.
type assumed struct {
	mu    sync.Mutex
	nodes map[types.UID]assumption
}

type assumption struct {
	node  *v1alpha1.VPSieNode
	until time.Time
}

// add remembers an object as the API server returned it.
func (a *assumed) add(node *v1alpha1.VPSieNode) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.nodes == nil {
		a.nodes = map[types.UID]assumption{}
	}
	a.nodes[node.UID] = assumption{node, time.Now().Add(assumeFor)}
}

// forget ceases to count on an object that has gone before the cache ever showed it.
func (a *assumed) forget(uid types.UID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.nodes, uid)
}

// merge adds to the cached objects those that only the memory holds, and forgets those that the cache has caught up with.
func (a *assumed) merge(cached []*v1alpha1.VPSieNode) []*v1alpha1.VPSieNode {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, node := range cached {
		delete(a.nodes, node.UID)
	}
	now := time.Now()
	for uid, assumption := range a.nodes {
		if now.After(assumption.until) {
			delete(a.nodes, uid)
			continue
		}
		cached = append(cached, assumption.node)
	}
	return cached
}
