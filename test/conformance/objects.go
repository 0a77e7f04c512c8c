package conformance

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// SetObjects tells the scheduler of a snapshot's namespaces and storage objects. Which volumes a node can attach comes with the
// node, see SetAttachLimits.
func (s *Scheduler) SetObjects(snapshot *plan.Snapshot) error {
	var namespaces []*corev1.Namespace
	for name, labels := range snapshot.Namespaces {
		namespaces = append(namespaces, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}})
	}
	core, storage := s.informers.Core().V1(), s.informers.Storage().V1()
	for _, err := range []error{
		replace(core.Namespaces().Informer().GetIndexer(), namespaces),
		replace(core.PersistentVolumeClaims().Informer().GetIndexer(), snapshot.Storage.Claims),
		replace(core.PersistentVolumes().Informer().GetIndexer(), snapshot.Storage.Volumes),
		replace(storage.StorageClasses().Informer().GetIndexer(), snapshot.Storage.Classes),
	} {
		if err != nil {
			return fmt.Errorf("fill the scheduler's listers: %w", err)
		}
	}
	return nil
}

// SetAttachLimits tells the scheduler how many volumes of each CSI driver a node can attach, by the node's name.
func (s *Scheduler) SetAttachLimits(limits map[string]map[string]int) error {
	var nodes []*storagev1.CSINode
	for name, drivers := range limits {
		node := &storagev1.CSINode{ObjectMeta: metav1.ObjectMeta{Name: name}}
		for driver, count := range drivers {
			node.Spec.Drivers = append(node.Spec.Drivers, storagev1.CSINodeDriver{
				Name: driver, NodeID: name, Allocatable: &storagev1.VolumeNodeResources{Count: new(int32(count))},
			})
		}
		nodes = append(nodes, node)
	}
	return replace(s.informers.Storage().V1().CSINodes().Informer().GetIndexer(), nodes)
}

func replace[T any](store cache.Store, objects []*T) error {
	list := make([]any, len(objects))
	for i := range objects {
		list[i] = objects[i]
	}
	return store.Replace(list, "")
}
