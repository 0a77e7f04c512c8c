package provisioner

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// storage is what the claims of pods lead to.
func (p *Provisioner) storage(ctx context.Context) (plan.Storage, error) {
	var (
		claims  corev1.PersistentVolumeClaimList
		volumes corev1.PersistentVolumeList
		classes storagev1.StorageClassList
	)
	for kind, list := range map[string]client.ObjectList{
		"PersistentVolumeClaims": &claims, "PersistentVolumes": &volumes, "StorageClasses": &classes,
	} {
		if err := p.client.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
			return plan.Storage{}, fmt.Errorf("list %s: %w", kind, err)
		}
	}
	return plan.Storage{Claims: pointers(claims.Items), Volumes: pointers(volumes.Items), Classes: pointers(classes.Items)}, nil
}

func pointers[T any](items []T) []*T {
	found := make([]*T, len(items))
	for i := range items {
		found[i] = &items[i]
	}
	return found
}
