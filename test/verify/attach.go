package verify

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/storage/ephemeral"
	"k8s.io/component-helpers/storage/volume"
)

// attachment is a volume of a CSI driver. A claim without a volume counts as a volume of its own.
type attachment struct{ driver, volume string }

// attachments lists what a pod attaches to its node. Claims that are missing or somebody else's do not count.
func (s *storage) attachments(pod *corev1.Pod) map[attachment]bool {
	list := map[attachment]bool{}
	for i := range pod.Spec.Volumes {
		v := &pod.Spec.Volumes[i]
		name := ""
		switch {
		case v.PersistentVolumeClaim != nil:
			name = pod.Namespace + "/" + v.PersistentVolumeClaim.ClaimName
		case v.Ephemeral != nil:
			name = pod.Namespace + "/" + ephemeral.VolumeClaimName(pod, v)
		}
		claim := s.claims[name]
		if claim == nil || v.Ephemeral != nil && !metav1.IsControlledBy(claim, pod) {
			continue
		}
		var class *storagev1.StorageClass
		if bound := s.volumes[claim.Spec.VolumeName]; bound == nil {
			class = s.classes[volume.GetPersistentVolumeClaimClass(claim)]
		} else if bound.Spec.CSI != nil {
			list[attachment{bound.Spec.CSI.Driver, "handle " + bound.Spec.CSI.VolumeHandle}] = true
		}
		if class != nil {
			list[attachment{class.Provisioner, "claim " + name}] = true
		}
	}
	return list
}

// fitsAttachments: of each driver, the node attaches no more volumes than it can. One that several pods use counts once.
func (w *world) fitsAttachments(p *pod, h *host) error {
	more := w.storage.attachments(p.Pod)
	if len(more) == 0 || len(h.attach) == 0 {
		return nil
	}
	have := map[attachment]bool{}
	for _, other := range h.pods {
		if other.host == h {
			for a := range w.storage.attachments(other.Pod) {
				have[a] = true
			}
		}
	}
	attached, added := map[string]int{}, map[string]int{}
	for a := range have {
		attached[a.driver]++
		delete(more, a)
	}
	for a := range more {
		added[a.driver]++
	}
	for driver, n := range added {
		if limit, limited := h.attach[driver]; limited && attached[driver]+n > limit {
			return fmt.Errorf("attach limit: %d volumes of driver %s are attached, the pod adds %d, the limit is %d", attached[driver], driver, n, limit)
		}
	}
	return nil
}

// fitsExclusiveClaims: a claim with access mode ReadWriteOncePod is used by one pod of the whole cluster.
func (w *world) fitsExclusiveClaims(p *pod, _ *host) error {
	for name := range p.claims {
		claim := w.storage.claims[name]
		if claim != nil && slices.Contains(claim.Spec.AccessModes, corev1.ReadWriteOncePod) && w.storage.users[name] > 0 {
			return fmt.Errorf("ReadWriteOncePod: claim %s is used by another pod", name)
		}
	}
	return nil
}

// fitsDisks: disks without a claim that pods of one node may not share, or only to read.
func (w *world) fitsDisks(p *pod, h *host) error {
	for i := range p.Spec.Volumes {
		for _, other := range h.pods {
			if other.host != h {
				continue
			}
			for j := range other.Spec.Volumes {
				if kind := diskConflict(&p.Spec.Volumes[i], &other.Spec.Volumes[j]); kind != "" {
					return fmt.Errorf("disk: volume %s is the %s of volume %s of pod %s", p.Spec.Volumes[i].Name, kind, other.Spec.Volumes[j].Name, other)
				}
			}
		}
	}
	return nil
}

// diskConflict names the kind of disk that two volumes may not share, or "".
func diskConflict(a, b *corev1.Volume) string {
	switch {
	case a.GCEPersistentDisk != nil && b.GCEPersistentDisk != nil:
		x, y := a.GCEPersistentDisk, b.GCEPersistentDisk
		if x.PDName == y.PDName && !(x.ReadOnly && y.ReadOnly) {
			return "GCE disk " + x.PDName
		}
	case a.AWSElasticBlockStore != nil && b.AWSElasticBlockStore != nil:
		if x := a.AWSElasticBlockStore; x.VolumeID == b.AWSElasticBlockStore.VolumeID {
			return "EBS volume " + x.VolumeID
		}
	case a.ISCSI != nil && b.ISCSI != nil:
		x, y := a.ISCSI, b.ISCSI
		if x.IQN == y.IQN && !(x.ReadOnly && y.ReadOnly) {
			return "ISCSI target " + x.IQN
		}
	case a.RBD != nil && b.RBD != nil:
		x, y := a.RBD, b.RBD
		oneMonitor := slices.ContainsFunc(x.CephMonitors, func(m string) bool { return slices.Contains(y.CephMonitors, m) })
		if oneMonitor && x.RBDPool == y.RBDPool && x.RBDImage == y.RBDImage && !(x.ReadOnly && y.ReadOnly) {
			return "RBD image " + x.RBDImage
		}
	}
	return ""
}
