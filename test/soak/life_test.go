package soak

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// life is what the side of the objects knows about one VPSieNode.
type life struct {
	plan    catalogue.Plan
	created time.Time
	changed chan struct{}

	mu       sync.Mutex
	gone     time.Time // zero while it exists
	stripped bool      // its finalizer was taken off by hand
	ready    bool
}

// observe notes what became of the object.
func (l *life) observe(object *v1alpha1.VPSieNode) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ready = l.ready || object.Status.Phase == v1alpha1.PhaseReady
	if object.DeletionTimestamp != nil && len(object.Finalizers) == 0 && l.gone.IsZero() {
		l.gone = time.Now()
	}
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

func (w *world) lifeOf(name string) *life {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lives[name]
}

// live makes one VPSieNode, lets it be a node for a while, has it deleted in one of several ways, and waits for its end.
func (w *world) live(random *rand.Rand) {
	datacenter := catalogue.Datacenters[random.IntN(len(catalogue.Datacenters))]
	plans := datacenter.Plans()
	l := &life{plan: plans[random.IntN(len(plans))], created: time.Now(), changed: make(chan struct{}, 1)}
	object := build.VPSieNode(names.New(group), group).Obj()
	object.Spec.DatacenterID, object.Spec.OfferingID, object.Spec.OSImageID = datacenter.Identifier, l.plan.Identifier, catalogue.Image.Identifier
	w.mu.Lock()
	w.lives[object.Name] = l
	w.mu.Unlock()
	if err := w.api.Create(w.ctx, object); err != nil {
		w.t.Errorf("create VPSieNode: %v", err)
		return
	}
	if !w.await(l, object, func() bool { return object.Status.Phase == v1alpha1.PhaseReady || object.DeletionTimestamp != nil }) {
		return
	}
	if object.DeletionTimestamp == nil {
		w.use(random, l, object)
	}
	w.await(l, object, func() bool { return false })
}

// use runs the node for a while and ends it.
func (w *world) use(random *rand.Rand, l *life, object *v1alpha1.VPSieNode) {
	if random.IntN(4) == 0 {
		if err := w.api.Create(w.ctx, build.Pod("app-"+object.Name).On(object.Name).Obj()); err != nil {
			w.t.Errorf("create Pod: %v", err)
		}
	}
	time.Sleep(time.Duration(1+random.IntN(20)) * time.Minute)
	switch random.IntN(33) {
	case 0: // somebody deletes the machine in the console
		w.sim.DeleteOutside(object.Name)
		time.Sleep(2 * time.Minute)
	case 1: // somebody takes the finalizer off
		w.strip(l, object)
	}
	if err := w.api.Delete(w.ctx, object); client.IgnoreNotFound(err) != nil {
		w.t.Errorf("delete VPSieNode: %v", err)
	}
}

// strip takes the finalizer off, so that the object is gone with its deletion and the machine is not.
func (w *world) strip(l *life, object *v1alpha1.VPSieNode) {
	before := object.DeepCopy()
	object.Finalizers = nil
	now := time.Now()
	if err := w.api.Delete(w.ctx, object.DeepCopy()); err != nil {
		w.t.Errorf("delete VPSieNode: %v", err)
	}
	if err := w.api.Patch(w.ctx, object, client.MergeFrom(before)); client.IgnoreNotFound(err) != nil {
		w.t.Errorf("take the finalizer off: %v", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone, l.stripped = now, true
}

// await reads the object whenever it has changed, until it is as wanted. It returns false when the object has gone.
func (w *world) await(l *life, object *v1alpha1.VPSieNode, wanted func() bool) bool {
	const long = 24 * time.Hour
	for deadline := time.Now().Add(long); ; {
		err := w.api.Get(context.Background(), client.ObjectKeyFromObject(object), object)
		switch {
		case apierrors.IsNotFound(err):
			return false
		case err != nil:
			w.t.Errorf("read VPSieNode: %v", err)
			return false
		case wanted():
			return true
		case time.Now().After(deadline):
			w.t.Errorf("VPSieNode %s is %s after %v: %s", object.Name, object.Status.Phase, long, object.Status.Message)
			return false
		}
		select {
		case <-l.changed:
		case <-time.After(long / 24):
		}
	}
}

// stuck is after how long VPSie's people clear an order that is never built.
const stuck = 40 * time.Minute

// support clears the orders that are stuck, as nobody else can.
func (w *world) support() {
	for sleep(w.ctx, 10*time.Minute) {
		for _, machine := range w.sim.Machines() {
			if machine.State == cloud.StatePending && time.Since(machine.Created) > stuck {
				w.sim.DeleteOutside(machine.Order.Hostname)
			}
		}
	}
}

// awaitEmptyCloud waits until the sweep has removed what the objects have left behind.
func (w *world) awaitEmptyCloud() {
	for range 24 * 60 {
		left := 0
		for _, machine := range w.sim.Machines() {
			if machine.State != cloud.StateGone && machine.State != cloud.StateVanished {
				left++
			}
		}
		if left == 0 {
			return
		}
		time.Sleep(time.Minute)
	}
}
