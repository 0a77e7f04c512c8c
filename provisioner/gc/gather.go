package gc

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/gc/orphans"
)

// gather looks at the cluster and the cloud, in the order that orphans.Snapshot asks for. Without any one of the lists nothing can
// be said.
func (s *Sweeper) gather(ctx context.Context) (*orphans.Snapshot, error) {
	var nodes corev1.NodeList
	if err := s.Client.List(ctx, &nodes); err != nil {
		return nil, fmt.Errorf("list Nodes: %w", err)
	}
	machines, err := s.Provider.Machines(ctx, cloud.Filter{HostnamePrefix: s.options.Names.Prefix})
	if err != nil {
		return nil, fmt.Errorf("list the cluster's machines: %w", err)
	}
	var objects v1alpha1.VPSieNodeList
	if err := s.Live.List(ctx, &objects); err != nil {
		return nil, fmt.Errorf("list VPSieNodes: %w", err)
	}
	return &orphans.Snapshot{
		Now: time.Now(), Grace: s.options.GracePeriod, Names: s.options.Names,
		Machines: machines, VPSieNodes: objects.Items, Nodes: nodes.Items,
	}, nil
}
