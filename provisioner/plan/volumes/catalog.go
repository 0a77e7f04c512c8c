package volumes

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// Catalog finds the storage objects of a snapshot. It holds them without copies and never changes them or itself, so it may be shared.
// The zero value knows no object.
type Catalog struct {
	claims  map[claimKey]*corev1.PersistentVolumeClaim
	volumes map[string]*corev1.PersistentVolume
	classes map[string]*class
	// free are the volumes that nobody has claimed, by storage class, the smallest first.
	free map[string][]*stock
	// reserved are volumes that name the claim they are for, while that claim names none.
	reserved map[claimKey][]*stock
	// zones are the selectors of VolumeZone for each label that occurs.
	zones map[zoneLabel]*corev1.NodeSelector
}

type claimKey struct{ namespace, name string }

func (k claimKey) String() string { return k.namespace + "/" + k.name }

// NewCatalog indexes the storage objects of a snapshot. Of objects with the same name the first one counts; nil ones are skipped.
func NewCatalog(claims []*corev1.PersistentVolumeClaim, volumes []*corev1.PersistentVolume, classes []*storagev1.StorageClass) *Catalog {
	c := &Catalog{
		claims:   make(map[claimKey]*corev1.PersistentVolumeClaim, len(claims)),
		volumes:  make(map[string]*corev1.PersistentVolume, len(volumes)),
		classes:  make(map[string]*class, len(classes)),
		free:     map[string][]*stock{},
		reserved: map[claimKey][]*stock{},
		zones:    map[zoneLabel]*corev1.NodeSelector{},
	}
	for _, sc := range classes {
		if sc != nil && c.classes[sc.Name] == nil {
			c.classes[sc.Name] = newClass(sc)
		}
	}
	for _, pvc := range claims {
		if pvc == nil {
			continue
		}
		key := claimKey{namespace: pvc.Namespace, name: pvc.Name}
		if c.claims[key] == nil {
			c.claims[key] = pvc
		}
	}
	for _, pv := range volumes {
		if pv != nil && c.volumes[pv.Name] == nil {
			c.addVolume(pv)
		}
	}
	for _, list := range c.free {
		slices.SortFunc(list, compareStock)
	}
	for _, list := range c.reserved {
		slices.SortFunc(list, func(a, b *stock) int { return cmp.Compare(a.pv.Name, b.pv.Name) })
	}
	return c
}

func (c *Catalog) addVolume(pv *corev1.PersistentVolume) {
	c.volumes[pv.Name] = pv
	c.addZones(pv)
	switch ref := pv.Spec.ClaimRef; {
	case pv.DeletionTimestamp != nil:
	case ref != nil:
		key := claimKey{namespace: ref.Namespace, name: ref.Name}
		pvc := c.claims[key]
		if pvc != nil && pvc.Spec.VolumeName == "" && (ref.UID == "" || ref.UID == pvc.UID) {
			c.reserved[key] = append(c.reserved[key], newStock(pv))
		}
	case pv.Status.Phase == corev1.VolumeAvailable:
		name := volumeClass(pv)
		c.free[name] = append(c.free[name], newStock(pv))
	}
}

// class is a storage class and where it can provision volumes.
type class struct {
	*storagev1.StorageClass
	provision provision
}

// noProvisioner is the provisioner of classes whose volumes are made by hand.
const noProvisioner = "kubernetes.io/no-provisioner"

func newClass(sc *storagev1.StorageClass) *class {
	c := &class{StorageClass: sc}
	if sc.Provisioner != "" && sc.Provisioner != noProvisioner {
		c.provision = newProvision(sc.AllowedTopologies)
	}
	return c
}

// claimClass is the name of the claim's storage class, or "". The old annotation wins over the field.
func claimClass(pvc *corev1.PersistentVolumeClaim) string {
	if name, ok := pvc.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		return name
	}
	if pvc.Spec.StorageClassName != nil {
		return *pvc.Spec.StorageClassName
	}
	return ""
}

// volumeClass is claimClass for a volume.
func volumeClass(pv *corev1.PersistentVolume) string {
	if name, ok := pv.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		return name
	}
	return pv.Spec.StorageClassName
}
