package volumes

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// provision is where a storage class can make new volumes. The zero value is nowhere.
type provision struct {
	possible bool
	where    affinity
}

// newProvision reads the allowed topologies of a class; none at all means everywhere.
func newProvision(topologies []corev1.TopologySelectorTerm) provision {
	if len(topologies) == 0 {
		return provision{possible: true}
	}
	selector := &corev1.NodeSelector{}
	for i := range topologies {
		var term corev1.NodeSelectorTerm
		for _, e := range topologies[i].MatchLabelExpressions {
			term.MatchExpressions = append(term.MatchExpressions, oneOf(e.Key, e.Values))
		}
		selector.NodeSelectorTerms = append(selector.NodeSelectorTerms, term)
	}
	p := provision{where: affinity{selector: selector}.parse()}
	p.possible = !p.where.none()
	return p
}

// stock is a volume that exists and waits for a claim.
type stock struct {
	pv       *corev1.PersistentVolume
	capacity resource.Quantity
	affinity affinity
}

func newStock(pv *corev1.PersistentVolume) *stock {
	return &stock{pv: pv, capacity: pv.Spec.Capacity[corev1.ResourceStorage], affinity: newAffinity(pv).parse()}
}

// compareStock puts the smaller one first, as kube-scheduler takes it. It takes any of equal ones; here that is the first by name.
func compareStock(a, b *stock) int {
	return cmp.Or(a.capacity.Cmp(b.capacity), cmp.Compare(a.pv.Name, b.pv.Name))
}

// static finds the volumes that the claim may take, wherever they can be reached.
func (c *Catalog) static(key claimKey, pvc *corev1.PersistentVolumeClaim, sc *class) (Static, error) {
	found := Static{Claim: key.String(), size: pvc.Spec.Resources.Requests[corev1.ResourceStorage], provision: &sc.provision}
	selector := labels.Everything()
	if pvc.Spec.Selector != nil {
		var err error
		if selector, err = metav1.LabelSelectorAsSelector(pvc.Spec.Selector); err != nil {
			return found, err
		}
	}
	for _, s := range c.reserved[key] {
		if found.reserved == nil && volumeClass(s.pv) == sc.Name && s.capacity.Cmp(found.size) >= 0 && s.suits(pvc) {
			found.reserved = s
		}
	}
	free := c.free[sc.Name]
	// free is sorted by size, so all that are large enough follow the first one.
	first, _ := slices.BinarySearchFunc(free, found.size, func(s *stock, size resource.Quantity) int {
		if s.capacity.Cmp(size) < 0 {
			return -1
		}
		return 1
	})
	for _, s := range free[first:] {
		if s.suits(pvc) && s.offersModes(pvc.Spec.AccessModes) && selector.Matches(labels.Set(s.pv.Labels)) && !s.affinity.none() {
			found.free = append(found.free, s)
		}
	}
	return found, nil
}

// suits compares what even a reserved volume must have in common with its claim.
func (s *stock) suits(pvc *corev1.PersistentVolumeClaim) bool {
	const mode = corev1.PersistentVolumeFilesystem
	return orDefault(pvc.Spec.VolumeMode, mode) == orDefault(s.pv.Spec.VolumeMode, mode) &&
		orDefault(pvc.Spec.VolumeAttributesClassName, "") == orDefault(s.pv.Spec.VolumeAttributesClassName, "")
}

func (s *stock) offersModes(modes []corev1.PersistentVolumeAccessMode) bool {
	return !slices.ContainsFunc(modes, func(m corev1.PersistentVolumeAccessMode) bool { return !slices.Contains(s.pv.Spec.AccessModes, m) })
}

func orDefault[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}
