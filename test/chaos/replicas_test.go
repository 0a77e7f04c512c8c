package chaos

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/extender"
	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

// picture is a replica's picture of the cluster, which never changes. Nil: it knows nothing yet.
type picture struct{ snapshot *score.Snapshot }

// Snapshot implements extender.Source.
func (p picture) Snapshot() *score.Snapshot { return p.snapshot }

// inTurn sends each request to the next of the replicas, as a balancer may.
type inTurn struct {
	replicas []http.Handler
	next     atomic.Uint64
}

// ServeHTTP implements http.Handler.
func (i *inTurn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.replicas[i.next.Add(1)%uint64(len(i.replicas))].ServeHTTP(w, r)
}

func newReplica(t *testing.T, snapshot *score.Snapshot) http.Handler {
	t.Helper()
	handler, err := extender.NewHandler(picture{snapshot}, extender.Options{Prioritize: true, Filter: true, Preempt: true})
	must(t, err)
	return handler
}

// Given replicas that disagree, one that sees the first node leave and the pods planned elsewhere, one whose picture is old and has
// it the other way round, and one that knows nothing, when each call of a cycle may reach another of them, then every pod is placed in
// its first cycle and nobody is evicted.
func TestReplicasThatDisagreeRejectNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "500m")
	room := score.Amount{MilliCPU: 4000, Memory: 8 << 30}
	pods := []string{w.namespace + "/pod-0", w.namespace + "/pod-1", w.namespace + "/pod-2"}
	seen := func(leaving, planned string, inFlight bool) *score.Snapshot {
		return score.NewSnapshot(map[string]score.Node{
			leaving: {Allocatable: room, Removing: true}, planned: {Allocatable: room},
		}, []score.Plan{{Node: planned, Pods: pods, InFlight: inFlight, Since: time.Now()}})
	}
	configuration := everyVerb(w.shipped(t))
	front := serve(t, configuration, &inTurn{replicas: []http.Handler{
		newReplica(t, seen(w.nodes[0], w.nodes[1], false)),
		newReplica(t, seen(w.nodes[1], w.nodes[0], true)),
		newReplica(t, nil),
	}})
	scheduler := startScheduler(t, configuration)
	const many = 5 * podCount
	w.place(t, "pod", many)
	checkAttempts(t, scheduler, many)
	front.check(t, "filter", "prioritize")
	w.checkBystanders(t)
}
