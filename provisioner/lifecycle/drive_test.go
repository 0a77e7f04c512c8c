package lifecycle_test

import (
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// tick lets a second pass, in which the controller works whenever it is due or something has changed.
func (w *world) tick() {
	for range 20 {
		if now := w.versions(); now == w.seen && (w.due.IsZero() || time.Now().Before(w.due)) {
			break
		}
		w.reconcile()
	}
	time.Sleep(time.Second)
}

func (w *world) versions() string {
	versions := ""
	if object := w.object(); object != nil {
		versions += object.ResourceVersion
	}
	if node := w.node(); node != nil {
		versions += "/" + node.ResourceVersion
	}
	return versions
}

func (w *world) reconcile() {
	w.seen, w.due = w.versions(), time.Time{}
	w.reconciles++
	result, err := w.reconciler.Reconcile(w.t.Context(), reconcile.Request{NamespacedName: client.ObjectKey{Namespace: build.Namespace, Name: nodeName}})
	if machines := w.machines(); len(machines) > 1 && !w.crowded {
		w.t.Errorf("%d machines at once: %v", len(machines), machines)
	}
	switch {
	case w.onDeath != nil && w.onDeath():
	case err != nil:
		w.due = time.Now().Add(time.Second) // the queue's back-off
	case result.RequeueAfter > 0:
		w.due = time.Now().Add(result.RequeueAfter)
	}
	if phase := w.phase(); len(w.phases) == 0 || w.phases[len(w.phases)-1] != phase {
		w.phases = append(w.phases, phase)
	}
}

// runFor lets time pass.
func (w *world) runFor(duration time.Duration) {
	for end := time.Now().Add(duration); time.Now().Before(end); {
		w.tick()
	}
}

// runUntil lets time pass until the VPSieNode is in one of the phases.
func (w *world) runUntil(phases ...string) {
	w.t.Helper()
	for end := time.Now().Add(time.Hour); time.Now().Before(end); {
		if slices.Contains(phases, w.phase()) {
			return
		}
		w.tick()
	}
	w.t.Fatalf("after an hour the VPSieNode is %s, not one of %v; phases so far: %v", w.phase(), phases, w.phases)
}
