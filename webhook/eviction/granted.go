package eviction

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/webhook/eviction/rules"
)

// grantLasts is how long a granted eviction is believed to happen. The news of one takes a fraction of it.
const grantLasts = 5 * time.Second

// granted are the evictions that were granted and not heard of since. A decision consumes nothing for good: what is not evicted in the
// end, because something behind us refused, stops counting by itself.
type granted struct {
	byPod map[types.UID]grant
	ready map[types.UID]int // ready pods by controller
	queue []expiry          // the next to expire first
}

type grant struct {
	controller types.UID
	ready      bool
	until      time.Time
}

// expiry is when a grant ends, unless it was given anew.
type expiry struct {
	pod   types.UID
	until time.Time
}

func newGranted() granted {
	return granted{byPod: map[types.UID]grant{}, ready: map[types.UID]int{}}
}

func (g *granted) add(pod *corev1.Pod, now time.Time) {
	g.drop(pod.UID)
	given := grant{controller: controllerOf(pod), ready: rules.Ready(pod), until: now.Add(grantLasts)}
	g.byPod[pod.UID] = given
	if given.ready {
		g.ready[given.controller]++
	}
	g.queue = append(g.queue, expiry{pod.UID, given.until})
}

func (g *granted) drop(pod types.UID) {
	given, found := g.byPod[pod]
	if !found {
		return
	}
	delete(g.byPod, pod)
	if !given.ready {
		return
	}
	if g.ready[given.controller]--; g.ready[given.controller] == 0 {
		delete(g.ready, given.controller)
	}
}

// prune forgets what should have happened by now.
func (g *granted) prune(now time.Time) {
	for len(g.queue) > 0 && !now.Before(g.queue[0].until) {
		first := g.queue[0]
		g.queue = g.queue[1:]
		if g.byPod[first.pod].until.Equal(first.until) {
			g.drop(first.pod)
		}
	}
}

// others counts the granted pods but one, which may be asked for again.
func (g *granted) others(pod types.UID) int {
	if _, found := g.byPod[pod]; found {
		return len(g.byPod) - 1
	}
	return len(g.byPod)
}

// othersReady counts those of a controller that are ready, but one.
func (g *granted) othersReady(controller, pod types.UID) int {
	if given, found := g.byPod[pod]; found && given.ready && given.controller == controller {
		return g.ready[controller] - 1
	}
	return g.ready[controller]
}

// likely reports whether the API server will carry out an eviction that we allow, by its PodDisruptionBudgets as far as we know them.
func likely(s *rules.Snapshot) bool {
	if s.Pod == nil || !live(s.Pod) {
		return false
	}
	return len(s.Budgets) == 0 || !rules.Ready(s.Pod) || s.Budgets[0].Status.DisruptionsAllowed > 0
}
