package lifecycle

import (
	"context"
	"fmt"
)

// belong lets only VPSieNodes through whose machines the cloud can be asked about: those that carry the cluster's prefix in their
// names. Of any other one, made by hand or under another cluster.name, a machine would be overlooked, bought twice or left behind.
func (r *Reconciler) belong(_ context.Context, l *life) (outcome, error) {
	if r.Inventory.Covers(l.object.Name) {
		return outcome{}, nil
	}
	l.object.Status.Message = fmt.Sprintf("the name does not start with %q as those of this cluster do: restore cluster.name, or delete the machine by hand and then this finalizer", r.Inventory.prefix)
	return waitFor(r.options.RetryInterval), nil
}
