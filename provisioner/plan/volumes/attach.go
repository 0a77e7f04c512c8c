package volumes

import (
	"cmp"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// claimAttachment is the volume of a claim, or the one that its storage class would make. It is zero for what no CSI driver attaches.
func (c *Catalog) claimAttachment(key claimKey, pvc *corev1.PersistentVolumeClaim) Attachment {
	if pv := c.volumes[pvc.Spec.VolumeName]; pvc.Spec.VolumeName != "" && pv != nil {
		if csi := pv.Spec.CSI; csi != nil {
			return Attachment{Driver: csi.Driver, Handle: csi.VolumeHandle}
		}
		return volumeAttachment(pv)
	}
	sc := c.classes[claimClass(pvc)]
	if sc == nil {
		return Attachment{}
	}
	driver := sc.Provisioner
	if migrated := migratedDrivers[driver]; migrated != "" {
		driver = migrated
	}
	// No CSI driver can have such a name, so no node can limit it.
	if strings.Contains(driver, "/") {
		return Attachment{}
	}
	return Attachment{Driver: driver, Handle: "claim:" + key.String()}
}

// CSI drivers that took over the disks of former in-tree plugins. kube-scheduler counts such disks as theirs on every node that has
// any CSI driver.
const (
	awsDriver      = "ebs.csi.aws.com"
	azureDriver    = "disk.csi.azure.com"
	cinderDriver   = "cinder.csi.openstack.org"
	gceDriver      = "pd.csi.storage.gke.io"
	portworxDriver = "pxd.portworx.com"
)

// migratedDrivers are the drivers by the provisioner of old storage classes.
var migratedDrivers = map[string]string{
	"kubernetes.io/aws-ebs":         awsDriver,
	"kubernetes.io/azure-disk":      azureDriver,
	"kubernetes.io/cinder":          cinderDriver,
	"kubernetes.io/gce-pd":          gceDriver,
	"kubernetes.io/portworx-volume": portworxDriver,
}

// inTreeInline reports whether a pod's volume is a disk that a CSI driver has taken over.
func inTreeInline(v *corev1.VolumeSource) bool {
	return v.AWSElasticBlockStore != nil || v.AzureDisk != nil || v.Cinder != nil || v.GCEPersistentDisk != nil || v.PortworxVolume != nil
}

// inlineAttachment is the disk of a volume that the pod names itself.
func inlineAttachment(v *corev1.VolumeSource) Attachment {
	switch {
	case v.AWSElasticBlockStore != nil:
		return Attachment{Driver: awsDriver, Handle: awsHandle(v.AWSElasticBlockStore.VolumeID)}
	case v.AzureDisk != nil:
		return Attachment{Driver: azureDriver, Handle: azureHandle(v.AzureDisk)}
	case v.Cinder != nil:
		return Attachment{Driver: cinderDriver, Handle: v.Cinder.VolumeID}
	case v.GCEPersistentDisk != nil:
		return Attachment{Driver: gceDriver, Handle: gceHandle(v.GCEPersistentDisk.PDName, "")}
	case v.PortworxVolume != nil:
		return Attachment{Driver: portworxDriver, Handle: v.PortworxVolume.VolumeID}
	default:
		return Attachment{}
	}
}

// volumeAttachment is inlineAttachment for a persistent volume.
func volumeAttachment(pv *corev1.PersistentVolume) Attachment {
	switch v := &pv.Spec.PersistentVolumeSource; {
	case v.AWSElasticBlockStore != nil:
		return Attachment{Driver: awsDriver, Handle: awsHandle(v.AWSElasticBlockStore.VolumeID)}
	case v.AzureDisk != nil:
		return Attachment{Driver: azureDriver, Handle: azureHandle(v.AzureDisk)}
	case v.Cinder != nil:
		return Attachment{Driver: cinderDriver, Handle: v.Cinder.VolumeID}
	case v.GCEPersistentDisk != nil:
		zones := pv.Labels[corev1.LabelFailureDomainBetaZone]
		if zones == "" {
			zones = pv.Labels[corev1.LabelTopologyZone]
		}
		return Attachment{Driver: gceDriver, Handle: gceHandle(v.GCEPersistentDisk.PDName, zones)}
	case v.PortworxVolume != nil:
		return Attachment{Driver: portworxDriver, Handle: v.PortworxVolume.VolumeID}
	default:
		return Attachment{}
	}
}

// The handles below are empty for disks that cannot be handed over, which kube-scheduler does not count.

// awsHandle is the volume handle of an EBS volume, which old objects write as aws://zone/handle.
func awsHandle(id string) string {
	path, ok := strings.CutPrefix(id, "aws://")
	if !ok {
		return id
	}
	_, handle, _ := strings.Cut(path, "/")
	handle = strings.Trim(handle, "/")
	if !strings.HasPrefix(handle, "vol-") || strings.Contains(handle, "/") {
		return ""
	}
	return handle
}

func azureHandle(disk *corev1.AzureDiskVolumeSource) string {
	if disk.Kind != nil && !strings.EqualFold(string(*disk.Kind), string(corev1.AzureManagedDisk)) {
		return ""
	}
	return disk.DataDiskURI
}

// gceHandle is the volume handle of a persistent disk in the zones that its volume's label names: none, one, or several of one region,
// joined by two underscores. A zone is the name of its region, a hyphen and a letter; the name of a region has a hyphen too.
func gceHandle(disk, label string) string {
	zones := strings.Split(label, "__")
	if len(zones) == 1 {
		return "projects/UNSPECIFIED/zones/" + cmp.Or(label, "UNSPECIFIED") + "/disks/" + disk
	}
	region := ""
	for _, zone := range zones {
		at := strings.LastIndex(zone, "-")
		if strings.Count(zone, "-") != 2 || region != "" && zone[:at] != region {
			return ""
		}
		region = zone[:at]
	}
	return "projects/UNSPECIFIED/regions/" + region + "/disks/" + disk
}
