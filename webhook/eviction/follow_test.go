package eviction_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/webhook/eviction"
)

// informers hand the test what the index wants to be told.
type informers struct {
	cache.Informers
	handlers map[string]toolscache.ResourceEventHandler
	arrived  map[string]bool
	broken   string // the kind that cannot be watched
}

func newInformers() *informers {
	return &informers{handlers: map[string]toolscache.ResourceEventHandler{}, arrived: map[string]bool{}}
}

func kindOf(object any) string { return fmt.Sprintf("%T", object) }

func (i *informers) GetInformer(_ context.Context, object client.Object, _ ...cache.InformerGetOption) (cache.Informer, error) {
	if kindOf(object) == i.broken {
		return nil, errors.New("no such kind")
	}
	return informer{all: i, kind: kindOf(object)}, nil
}

type informer struct {
	cache.Informer
	all  *informers
	kind string
}

func (i informer) AddEventHandler(handler toolscache.ResourceEventHandler) (toolscache.ResourceEventHandlerRegistration, error) {
	i.all.handlers[i.kind] = handler
	return registration{informer: i}, nil
}

type registration struct {
	toolscache.ResourceEventHandlerRegistration
	informer informer
}

func (r registration) HasSynced() bool { return r.informer.all.arrived[r.informer.kind] }

func TestNothingIsEvictedBeforeTheClusterIsKnown(t *testing.T) {
	w, from := newWorld(0), newInformers()
	if err := w.index.Follow(t.Context(), from); err != nil {
		t.Fatal(err)
	}
	for _, kind := range eviction.Kinds() {
		w.wantReasons(t, "a", "NotReady")
		if w.index.Ready(nil) == nil {
			t.Error("ready without " + kindOf(kind))
		}
		from.arrived[kindOf(kind)] = true
	}
	w.granted(t, "a", true)
	if err := w.index.Ready(nil); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(strings.Join(w.decided, ","), "allowed") {
		t.Errorf("counted %v: rehearsals must not count", w.decided)
	}
}

func TestTheIndexFollowsTheCluster(t *testing.T) {
	w, from := newWorld(0), newInformers()
	if err := w.index.Follow(t.Context(), from); err != nil {
		t.Fatal(err)
	}
	for _, kind := range eviction.Kinds() {
		from.arrived[kindOf(kind)] = true
	}
	deployment, set := web(2)
	from.handlers[kindOf(deployment)].OnAdd(deployment, true)
	from.handlers[kindOf(set)].OnAdd(set, true)
	pods := from.handlers[kindOf(replica("a"))]
	pods.OnAdd(replica("a"), true)
	pods.OnAdd(serving(replica("b"), false), false)
	w.wantReasons(t, "a", "LastReadyReplica")
	pods.OnUpdate(serving(replica("b"), false), replica("b"))
	w.wantReasons(t, "a")
	pods.OnDelete(replica("b"))
	w.wantReasons(t, "a", "LastReadyReplica")
	pods.OnAdd(replica("b"), false)
	pods.OnDelete(toolscache.DeletedFinalStateUnknown{Key: "default/b", Obj: replica("b")})
	w.wantReasons(t, "a", "LastReadyReplica")
	pods.OnDelete(toolscache.DeletedFinalStateUnknown{Key: "default/c"}) // nothing is known of it
	w.wantReasons(t, "a", "LastReadyReplica")
}

func TestAKindThatCannotBeWatchedIsNamed(t *testing.T) {
	from := newInformers()
	from.broken = "*v1.StatefulSet"
	if err := eviction.NewIndex(0).Follow(t.Context(), from); err == nil || !strings.Contains(err.Error(), from.broken) {
		t.Errorf("Follow = %v, want an error that names %s", err, from.broken)
	}
}
