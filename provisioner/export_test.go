package provisioner

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Snapshot is what a plan for the pods would be made from.
func (p *Provisioner) Snapshot(ctx context.Context, pending []*corev1.Pod) (*plan.Snapshot, error) {
	v, err := p.gather(ctx, pending)
	if err != nil {
		return nil, err
	}
	return &v.snapshot, nil
}

// Tell publishes for which pods a plan does nothing.
func (p *Provisioner) Tell(made *plan.Plan) { p.tell(nil, made) }
