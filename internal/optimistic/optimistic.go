// Package optimistic makes a lost race between two writers what it is under optimistic locking: an ordinary reason to look again.
package optimistic

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// pause lets the cache catch up with the write that won.
const pause = 100 * time.Millisecond

// Retry makes a reconciler come back soon after a write that was refused because the object had changed, without an error in the
// log or in the metrics. All other errors pass through.
func Retry(inner reconcile.Reconciler) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		result, err := inner.Reconcile(ctx, request)
		if err == nil || !lostRaceOnly(err) {
			return result, err
		}
		log.FromContext(ctx).V(1).Info("the object has changed, looking again", "because", err.Error())
		return reconcile.Result{RequeueAfter: pause}, nil
	})
}

// lostRaceOnly reports whether an error tells of nothing but writes that were refused because the object had changed.
func lostRaceOnly(err error) bool {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return apierrors.IsConflict(err)
	}
	for _, part := range joined.Unwrap() {
		if !lostRaceOnly(part) {
			return false
		}
	}
	return true
}
