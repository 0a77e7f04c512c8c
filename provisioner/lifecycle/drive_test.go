package lifecycle_test

import (
	"context"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// tick lets a second pass, in which the controller works whenever it is due or something has changed.
func (w *world) tick() {
	for range 20 {
		if w.changes == w.seen && (w.due.IsZero() || time.Now().Before(w.due)) {
			break
		}
		w.reconcile()
	}
	time.Sleep(time.Second)
}

// counted is an API server that counts the writes that it takes.
func counted(api client.WithWatch, writes *int) client.WithWatch {
	count := func(err error) error {
		if err == nil {
			*writes++
		}
		return err
	}
	return interceptor.NewClient(api, interceptor.Funcs{
		Create: func(ctx context.Context, api client.WithWatch, object client.Object, options ...client.CreateOption) error {
			return count(api.Create(ctx, object, options...))
		},
		Delete: func(ctx context.Context, api client.WithWatch, object client.Object, options ...client.DeleteOption) error {
			return count(api.Delete(ctx, object, options...))
		},
		Update: func(ctx context.Context, api client.WithWatch, object client.Object, options ...client.UpdateOption) error {
			return count(api.Update(ctx, object, options...))
		},
		Patch: func(ctx context.Context, api client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
			return count(api.Patch(ctx, object, patch, options...))
		},
		SubResourceUpdate: func(ctx context.Context, api client.Client, name string, object client.Object, options ...client.SubResourceUpdateOption) error {
			return count(api.SubResource(name).Update(ctx, object, options...))
		},
		SubResourcePatch: func(ctx context.Context, api client.Client, name string, object client.Object, patch client.Patch, options ...client.SubResourcePatchOption) error {
			return count(api.SubResource(name).Patch(ctx, object, patch, options...))
		},
		SubResourceCreate: func(ctx context.Context, api client.Client, name string, object, sub client.Object, options ...client.SubResourceCreateOption) error {
			return count(api.SubResource(name).Create(ctx, object, sub, options...))
		},
	})
}

func (w *world) reconcile() {
	w.seen, w.due = w.changes, time.Time{}
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
	looked := -1
	for end := time.Now().Add(time.Hour); time.Now().Before(end); {
		if looked != w.changes && slices.Contains(phases, w.phase()) {
			return
		}
		looked = w.changes
		w.tick()
	}
	w.t.Fatalf("after an hour the VPSieNode is %s, not one of %v; phases so far: %v", w.phase(), phases, w.phases)
}
