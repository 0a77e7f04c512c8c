package snapshots

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const (
	classWait  = "wait"  // provisions where the first pod runs, in zones a and b only
	classAny   = "any"   // provisions where the first pod runs
	classNow   = "now"   // provisions at once
	classLocal = "local" // disks that exist already
)

// bindCompleted marks a claim that the volume controller has bound.
const bindCompleted = "pv.kubernetes.io/bind-completed"

func (d *dice) addStorage() {
	if !d.Storage {
		return
	}
	wait, now := storagev1.VolumeBindingWaitForFirstConsumer, storagev1.VolumeBindingImmediate
	class := func(name, provisioner string, mode *storagev1.VolumeBindingMode) *storagev1.StorageClass {
		return &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: provisioner, VolumeBindingMode: mode}
	}
	limited := class(classWait, driver, &wait)
	limited.AllowedTopologies = []corev1.TopologySelectorTerm{{MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{
		{Key: corev1.LabelTopologyZone, Values: []string{"a", "b"}}}}}
	d.snapshot.Storage.Classes = []*storagev1.StorageClass{limited, class(classAny, driver, &wait), class(classNow, driver, &now),
		class(classLocal, "kubernetes.io/no-provisioner", &wait)}
}

func (d *dice) attachLimits() map[string]int {
	if !d.Storage || d.one(3) {
		return nil
	}
	return map[string]int{driver: d.IntN(5)}
}

// mounter gives a function that mounts the same kind of volumes in each pod of a workload: claims of the pod's own, as in a
// StatefulSet, one claim that all share, or a disk without a claim.
func (d *dice) mounter(workload string) func(*corev1.Pod) {
	if !d.Storage || !d.one(3) {
		return func(*corev1.Pod) {}
	}
	switch d.IntN(8) {
	case 0, 1:
		var shared *corev1.PersistentVolumeClaim
		return func(pod *corev1.Pod) {
			if shared == nil {
				shared = d.boundClaim(pod.Namespace, workload+"-shared")
			}
			mount(pod, "data", shared.Name)
		}
	case 2:
		source := d.disk()
		return func(pod *corev1.Pod) { addVolume(pod, "disk", source) }
	case 3:
		class := pick(d, classWait, classAny)
		return func(pod *corev1.Pod) { d.mountEphemeral(pod, class) }
	default:
		kind, claims := d.IntN(12), 1+d.IntN(2)
		return func(pod *corev1.Pod) {
			for i := range claims {
				mount(pod, fmt.Sprint("data", i), d.claimOfKind(kind, pod.Namespace, fmt.Sprintf("data%d-%s", i, pod.Name)))
			}
		}
	}
}

func addVolume(pod *corev1.Pod, name string, source corev1.VolumeSource) {
	pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: name, VolumeSource: source})
}

func mount(pod *corev1.Pod, volume, claim string) {
	addVolume(pod, volume, corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim}})
}

// claimOfKind makes a claim in one of the states that matter and gives its name.
func (d *dice) claimOfKind(kind int, namespace, name string) string {
	switch kind {
	case 0, 1, 2, 3, 4:
		d.boundClaim(namespace, name)
	case 5, 6:
		d.claim(namespace, name, pick(d, classWait, classAny))
	case 7, 8:
		d.claim(namespace, name, classLocal)
		d.volume("disk-"+name, classLocal)
	case 9:
		d.claim(namespace, name, classNow) // is not bound yet
	case 10: // does not exist
	default:
		claim := d.boundClaim(namespace, name)
		if d.one(2) {
			claim.Status.Phase = corev1.ClaimLost
		} else {
			at := metav1.Unix(1_767_000_000, 0)
			claim.DeletionTimestamp, claim.Finalizers = &at, []string{"kubernetes.io/pvc-protection"}
		}
	}
	return name
}

// claim is not bound yet.
func (d *dice) claim(namespace, name, class string) *corev1.PersistentVolumeClaim {
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID("uid-claim-" + name)}}
	claim.Spec.StorageClassName = &class
	claim.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	claim.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: quantity("%dGi", 1+d.IntN(10))}
	claim.Status.Phase = corev1.ClaimPending
	d.snapshot.Storage.Claims = append(d.snapshot.Storage.Claims, claim)
	return claim
}

func (d *dice) boundClaim(namespace, name string) *corev1.PersistentVolumeClaim {
	claim := d.claim(namespace, name, pick(d, classAny, classNow, classWait))
	if d.one(4) {
		claim.Spec.AccessModes[0] = corev1.ReadWriteOncePod
	}
	volume := d.volume("pv-"+name, *claim.Spec.StorageClassName)
	volume.Spec.AccessModes = claim.Spec.AccessModes
	volume.Spec.ClaimRef = &corev1.ObjectReference{Kind: "PersistentVolumeClaim", Namespace: namespace, Name: name, UID: claim.UID}
	volume.Status.Phase = corev1.VolumeBound
	claim.Spec.VolumeName, claim.Status.Phase = volume.Name, corev1.ClaimBound
	claim.Annotations = map[string]string{bindCompleted: "yes"}
	return claim
}

// volume is available, and can be reached from some places only.
func (d *dice) volume(name, class string) *corev1.PersistentVolume {
	volume := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid-" + name)}}
	volume.Spec.StorageClassName = class
	volume.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	volume.Spec.Capacity = corev1.ResourceList{corev1.ResourceStorage: quantity("%dGi", 5+d.IntN(20))}
	volume.Spec.PersistentVolumeReclaimPolicy = corev1.PersistentVolumeReclaimRetain
	volume.Status.Phase = corev1.VolumeAvailable
	zone := pick(d, zones...)
	if class == classLocal {
		volume.Spec.Local = &corev1.LocalVolumeSource{Path: "/mnt/" + name}
		volume.Spec.NodeAffinity = d.reachable(zone)
	} else {
		volume.Spec.CSI = &corev1.CSIPersistentVolumeSource{Driver: driver, VolumeHandle: "handle-" + name}
		switch d.IntN(4) {
		case 0:
			volume.Spec.NodeAffinity = d.reachable(zone)
		case 1:
			volume.Labels = map[string]string{corev1.LabelTopologyZone: pick(d, zone, "a__b")}
		case 2:
			volume.Labels = map[string]string{corev1.LabelFailureDomainBetaZone: zone}
		}
	}
	d.snapshot.Storage.Volumes = append(d.snapshot.Storage.Volumes, volume)
	return volume
}

func (d *dice) reachable(zone string) *corev1.VolumeNodeAffinity {
	requirement := corev1.NodeSelectorRequirement{Key: corev1.LabelTopologyZone, Operator: corev1.NodeSelectorOpIn, Values: []string{zone}}
	if d.one(3) {
		requirement.Key, requirement.Values = corev1.LabelHostname, []string{fmt.Sprint("n", d.IntN(3))}
	}
	return &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{
		NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{requirement}}}}}
}

// mountEphemeral mounts a volume whose claim lives as long as the pod. Now and then the claim is somebody else's.
func (d *dice) mountEphemeral(pod *corev1.Pod, class string) {
	claim := d.claim(pod.Namespace, pod.Name+"-scratch", class)
	controller := true
	claim.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID, Controller: &controller}}
	if pod.Spec.NodeName == "" && d.one(10) {
		claim.OwnerReferences = nil
	}
	addVolume(pod, "scratch", corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{
		VolumeClaimTemplate: &corev1.PersistentVolumeClaimTemplate{Spec: claim.Spec}}})
}

// disk is one that pods of one node may not share, or only to read.
func (d *dice) disk() corev1.VolumeSource {
	name, readOnly := pick(d, "disk1", "disk2"), d.one(2)
	switch d.IntN(4) {
	case 0:
		return corev1.VolumeSource{GCEPersistentDisk: &corev1.GCEPersistentDiskVolumeSource{PDName: name, ReadOnly: readOnly}}
	case 1:
		return corev1.VolumeSource{AWSElasticBlockStore: &corev1.AWSElasticBlockStoreVolumeSource{VolumeID: name}}
	case 2:
		return corev1.VolumeSource{ISCSI: &corev1.ISCSIVolumeSource{TargetPortal: "10.0.0.9:3260", IQN: "iqn.2026-01.example.com:" + name,
			ReadOnly: readOnly}}
	default:
		return corev1.VolumeSource{RBD: &corev1.RBDVolumeSource{CephMonitors: some(d, "10.0.0.7", "10.0.0.8"), RBDPool: "rbd", RBDImage: name,
			ReadOnly: readOnly}}
	}
}
