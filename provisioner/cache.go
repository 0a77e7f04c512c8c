package provisioner

import (
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// CacheByObject configures the cache of a process with a Provisioner: of the kinds that nothing else reads, only what a plan is
// made from is kept. A Provisioner works as well on a cache without it.
func CacheByObject() map[client.Object]cache.ByObject {
	return map[client.Object]cache.ByObject{
		&corev1.Namespace{}:             {Transform: stripNamespace},
		&corev1.PersistentVolumeClaim{}: {Transform: stripClaim},
		&corev1.PersistentVolume{}:      {Transform: stripVolume},
		&storagev1.StorageClass{}:       {Transform: stripClass},
		&storagev1.CSINode{}:            {Transform: stripCSINode},
	}
}

// stripNamespace keeps the labels of a namespace, of which no more than the metadata is watched.
func stripNamespace(object any) (any, error) {
	if namespace, ok := object.(*metav1.PartialObjectMetadata); ok {
		stripMeta(&namespace.ObjectMeta)
		namespace.Annotations, namespace.OwnerReferences, namespace.Finalizers = nil, nil, nil
	}
	return object, nil
}

func stripClaim(object any) (any, error) {
	if claim, ok := object.(*corev1.PersistentVolumeClaim); ok {
		stripMeta(&claim.ObjectMeta)
		claim.Labels, claim.Finalizers = nil, nil
		claim.Status.Conditions = nil
	}
	return object, nil
}

// stripVolume keeps the labels: claims select volumes by them, and old volumes say their zone there.
func stripVolume(object any) (any, error) {
	volume, ok := object.(*corev1.PersistentVolume)
	if !ok {
		return object, nil
	}
	stripMeta(&volume.ObjectMeta)
	volume.Finalizers, volume.Spec.MountOptions = nil, nil
	if csi := volume.Spec.CSI; csi != nil {
		volume.Spec.CSI = &corev1.CSIPersistentVolumeSource{Driver: csi.Driver, VolumeHandle: csi.VolumeHandle, ReadOnly: csi.ReadOnly}
	}
	return object, nil
}

func stripClass(object any) (any, error) {
	if class, ok := object.(*storagev1.StorageClass); ok {
		stripMeta(&class.ObjectMeta)
		class.Labels, class.Parameters, class.MountOptions = nil, nil, nil
	}
	return object, nil
}

func stripCSINode(object any) (any, error) {
	node, ok := object.(*storagev1.CSINode)
	if !ok {
		return object, nil
	}
	stripMeta(&node.ObjectMeta)
	node.Labels, node.Annotations, node.OwnerReferences = nil, nil, nil
	for i := range node.Spec.Drivers {
		driver := &node.Spec.Drivers[i]
		driver.NodeID, driver.TopologyKeys = "", nil
	}
	return object, nil
}

// stripMeta takes off who wrote which field, and the copy of the object that kubectl keeps in it.
func stripMeta(meta *metav1.ObjectMeta) {
	meta.ManagedFields = nil
	delete(meta.Annotations, corev1.LastAppliedConfigAnnotation)
}
