package machine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// The kubelet's own intervals.
const (
	leaseSeconds   = 40
	renewInterval  = 10 * time.Second
	statusInterval = 5 * time.Minute
	repeatInterval = time.Second // after a failure
)

// keepAlive keeps the Lease and the Node's status up to date until ctx ends. A failure is repeated for ever and told nobody: an
// API server that is away comes back, and until then the cluster sees the Lease run out, as it should.
func (c *connection) keepAlive(ctx context.Context, node registration, report cloud.Report) {
	becomesReady := time.Now().Add(node.host.ReadyAfter)
	renewAt, statusAt := time.Now(), becomesReady
	told := false
	for pause(ctx, min(time.Until(renewAt), time.Until(statusAt))) {
		now := time.Now()
		if !now.Before(renewAt) {
			err := c.renewLease(ctx, node)
			renewAt = now.Add(interval(err, renewInterval))
		}
		if !now.Before(statusAt) {
			ready := becomesReady
			if node.host.NeverReady {
				ready = time.Time{}
			}
			err := c.patchStatus(ctx, node.name, map[string]any{"conditions": conditions(now, node.at, ready)})
			statusAt = now.Add(interval(err, statusInterval))
			if err == nil && !told && !node.host.NeverReady {
				told = true
				report.Ready()
			}
		}
	}
}

// interval is the pause until a write is due again.
func interval(err error, regular time.Duration) time.Duration {
	if err != nil {
		return repeatInterval
	}
	return regular
}

// renewLease writes the time into the Lease of the Node, and creates the Lease when it is missing.
func (c *connection) renewLease(ctx context.Context, node registration) error {
	leases := c.leases.Leases(corev1.NamespaceNodeLease)
	now := metav1.NewMicroTime(time.Now())
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"renewTime": now}})
	if err != nil {
		return fmt.Errorf("encode the Lease of Node %s: %w", node.name, err)
	}
	_, err = leases.Patch(ctx, node.name, types.MergePatchType, patch, metav1.PatchOptions{})
	if apierrors.IsNotFound(err) {
		_, err = leases.Create(ctx, node.lease(now), metav1.CreateOptions{})
	}
	if err != nil {
		return fmt.Errorf("renew the Lease of Node %s: %w", node.name, err)
	}
	return nil
}

// lease is a new Lease; it goes when the Node goes.
func (r registration) lease(now metav1.MicroTime) *coordinationv1.Lease {
	seconds := int32(leaseSeconds)
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{
			Name: r.name, Namespace: corev1.NamespaceNodeLease,
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: r.name, UID: r.uid}},
		},
		Spec: coordinationv1.LeaseSpec{HolderIdentity: &r.name, LeaseDurationSeconds: &seconds, RenewTime: &now},
	}
}
