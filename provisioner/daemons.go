package provisioner

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// daemons are one pod for each DaemonSet that is there to stay, as its controller would make it and the API server complete it.
func (p *Provisioner) daemons(ctx context.Context) ([]*corev1.Pod, error) {
	var list appsv1.DaemonSetList
	if err := p.client.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list DaemonSets: %w", err)
	}
	pods := make([]*corev1.Pod, 0, len(list.Items))
	for i := range list.Items {
		if set := &list.Items[i]; set.DeletionTimestamp == nil {
			pods = append(pods, workload.DaemonPod(set))
		}
	}
	return pods, nil
}
