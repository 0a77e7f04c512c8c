package provisioner_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/provisioner"
)

// bulky is metadata with what people and tools leave behind.
func bulky(annotations map[string]string) metav1.ObjectMeta {
	meta := metav1.ObjectMeta{
		Name: "x", UID: "uid", ResourceVersion: "7", Labels: map[string]string{"zone": "a"}, Finalizers: []string{"example.com/holds"},
		Annotations:   map[string]string{corev1.LastAppliedConfigAnnotation: "{}"},
		ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
	}
	for key, value := range annotations {
		meta.Annotations[key] = value
	}
	return meta
}

// kept is the same metadata as a cache has it.
func kept(annotations, labels map[string]string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: "x", UID: "uid", ResourceVersion: "7", Labels: labels, Annotations: annotations}
}

func TestTheCacheKeepsWhatAPlanIsMadeFrom(t *testing.T) {
	zone := map[string]string{"zone": "a"}
	bound := map[string]string{"pv.kubernetes.io/bind-completed": "yes"}
	count := int32(16)
	fast, deletion := "fast", metav1.Now()
	tests := map[string]struct {
		kind       client.Object
		given, got any
	}{
		"namespace": {
			kind:  &corev1.Namespace{},
			given: &metav1.PartialObjectMetadata{ObjectMeta: bulky(bound)},
			got:   &metav1.PartialObjectMetadata{ObjectMeta: kept(nil, zone)},
		},
		"claim": {
			kind: &corev1.PersistentVolumeClaim{},
			given: &corev1.PersistentVolumeClaim{
				ObjectMeta: deleting(bulky(bound), &deletion), Spec: corev1.PersistentVolumeClaimSpec{VolumeName: "v", StorageClassName: &fast},
				Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimLost, Conditions: []corev1.PersistentVolumeClaimCondition{{Message: "long"}}},
			},
			got: &corev1.PersistentVolumeClaim{
				ObjectMeta: deleting(kept(bound, nil), &deletion), Spec: corev1.PersistentVolumeClaimSpec{VolumeName: "v", StorageClassName: &fast},
				Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimLost},
			},
		},
		"volume of a CSI driver": {
			kind:  &corev1.PersistentVolume{},
			given: volume(bulky(bound), &corev1.CSIPersistentVolumeSource{Driver: "d", VolumeHandle: "h", VolumeAttributes: map[string]string{"a": "b"}}),
			got:   volume(kept(bound, zone), &corev1.CSIPersistentVolumeSource{Driver: "d", VolumeHandle: "h"}),
		},
		"volume without a CSI driver": {
			kind: &corev1.PersistentVolume{}, given: volume(bulky(nil), nil), got: volume(kept(map[string]string{}, zone), nil),
		},
		"class": {
			kind:  &storagev1.StorageClass{},
			given: &storagev1.StorageClass{ObjectMeta: bulky(bound), Provisioner: "d", Parameters: map[string]string{"a": "b"}, AllowedTopologies: topologies},
			got:   &storagev1.StorageClass{ObjectMeta: withFinalizers(kept(bound, nil)), Provisioner: "d", AllowedTopologies: topologies},
		},
		"CSINode": {
			kind: &storagev1.CSINode{},
			given: &storagev1.CSINode{ObjectMeta: bulky(bound), Spec: storagev1.CSINodeSpec{Drivers: []storagev1.CSINodeDriver{
				{Name: "d", NodeID: "long", TopologyKeys: []string{"zone"}, Allocatable: &storagev1.VolumeNodeResources{Count: &count}},
			}}},
			got: &storagev1.CSINode{ObjectMeta: withFinalizers(kept(nil, nil)), Spec: storagev1.CSINodeSpec{Drivers: []storagev1.CSINodeDriver{
				{Name: "d", Allocatable: &storagev1.VolumeNodeResources{Count: &count}},
			}}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for kind, by := range provisioner.CacheByObject() {
				object, err := by.Transform(test.given) // those of other kinds must leave it alone
				if err != nil {
					t.Fatal(err)
				}
				if reflect.TypeOf(kind) != reflect.TypeOf(test.kind) {
					continue
				}
				if diff := cmp.Diff(test.got, object); diff != "" {
					t.Errorf("in the cache (-want +got):\n%s", diff)
				}
			}
		})
	}
}

var topologies = []corev1.TopologySelectorTerm{{MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: "zone", Values: []string{"a"}}}}}

func deleting(meta metav1.ObjectMeta, at *metav1.Time) metav1.ObjectMeta {
	meta.DeletionTimestamp = at
	return meta
}

func withFinalizers(meta metav1.ObjectMeta) metav1.ObjectMeta {
	meta.Finalizers = []string{"example.com/holds"}
	return meta
}

func volume(meta metav1.ObjectMeta, csi *corev1.CSIPersistentVolumeSource) *corev1.PersistentVolume {
	return &corev1.PersistentVolume{ObjectMeta: meta, Spec: corev1.PersistentVolumeSpec{PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: csi}}}
}
