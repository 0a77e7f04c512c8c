package verify

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/storage/ephemeral"
	"k8s.io/component-helpers/storage/volume"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

func newStorage(of *plan.Storage) storage {
	s := storage{claims: map[string]*corev1.PersistentVolumeClaim{}, volumes: map[string]*corev1.PersistentVolume{},
		ofClass: map[string][]*corev1.PersistentVolume{}, classes: map[string]*storagev1.StorageClass{}, users: map[string]int{}}
	for _, c := range of.Claims {
		s.claims[c.Namespace+"/"+c.Name] = c
	}
	for _, v := range of.Volumes {
		s.volumes[v.Name] = v
		class := volume.GetPersistentVolumeClass(v)
		s.ofClass[class] = append(s.ofClass[class], v)
	}
	for _, c := range of.Classes {
		s.classes[c.Name] = c
	}
	return s
}

// mounted is a claim that a pod mounts, and the volume that it is bound to.
type mounted struct {
	name      string // namespace/name
	claim     *corev1.PersistentVolumeClaim
	volume    *corev1.PersistentVolume // nil when it is not bound
	ephemeral bool
}

// claimsOf gives the claims of a pod, or why no node can help: a claim that is missing, lost, going away, somebody else's, or not bound
// though nothing waits for the pod to be scheduled.
func (s *storage) claimsOf(pod *corev1.Pod) ([]mounted, error) {
	var all []mounted
	for i := range pod.Spec.Volumes {
		v := &pod.Spec.Volumes[i]
		m := mounted{ephemeral: v.Ephemeral != nil}
		switch {
		case v.PersistentVolumeClaim != nil:
			m.name = pod.Namespace + "/" + v.PersistentVolumeClaim.ClaimName
		case v.Ephemeral != nil:
			m.name = pod.Namespace + "/" + ephemeral.VolumeClaimName(pod, v)
		default:
			continue
		}
		if m.claim = s.claims[m.name]; m.claim == nil {
			return nil, fmt.Errorf("claim %s does not exist", m.name)
		}
		if m.ephemeral {
			if err := ephemeral.VolumeIsForPod(pod, m.claim); err != nil {
				return nil, err
			}
		}
		if err := s.bind(&m); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// bind finds the volume of a bound claim, and nothing for one that waits for its pod.
func (s *storage) bind(m *mounted) error {
	switch {
	case m.claim.Status.Phase == corev1.ClaimLost:
		return fmt.Errorf("claim %s is lost", m.name)
	case m.claim.DeletionTimestamp != nil:
		return fmt.Errorf("claim %s is being deleted", m.name)
	}
	if name := m.claim.Spec.VolumeName; name != "" {
		if !metav1.HasAnnotation(m.claim.ObjectMeta, volume.AnnBindCompleted) {
			return fmt.Errorf("claim %s is not yet bound to volume %s", m.name, name)
		}
		if m.volume = s.volumes[name]; m.volume == nil {
			return fmt.Errorf("claim %s: volume %s does not exist", m.name, name)
		}
		return nil
	}
	class := s.classes[volume.GetPersistentVolumeClaimClass(m.claim)]
	if class == nil || class.VolumeBindingMode == nil || *class.VolumeBindingMode != storagev1.VolumeBindingWaitForFirstConsumer {
		return fmt.Errorf("claim %s is not bound and does not wait for its pod", m.name)
	}
	return nil
}

// fitsVolumes: every bound volume can be reached from the node, and every claim that waits can get one there.
func (w *world) fitsVolumes(p *pod, h *host) error {
	claims, err := w.storage.claimsOf(p.Pod)
	if err != nil {
		return fmt.Errorf("volumes: %w", err)
	}
	var waiting []mounted
	for _, m := range claims {
		if m.volume == nil {
			waiting = append(waiting, m)
			continue
		}
		if err := volume.CheckNodeAffinity(m.volume, h.node.Labels); err != nil {
			return fmt.Errorf("volumes: node affinity of volume %s: %w", m.volume.Name, err)
		}
		if err := inZone(m.volume, h); err != nil && !m.ephemeral {
			return fmt.Errorf("volumes: %w", err)
		}
	}
	if err := w.storage.provide(waiting, h); err != nil {
		return fmt.Errorf("volumes: %w", err)
	}
	return nil
}

// zoneLabels are the labels that a volume may carry to say where it is, the old names first.
var zoneLabels = []string{corev1.LabelFailureDomainBetaZone, corev1.LabelFailureDomainBetaRegion,
	corev1.LabelTopologyZone, corev1.LabelTopologyRegion}

// newName is what an old zone label is called now.
var newName = map[string]string{
	corev1.LabelFailureDomainBetaZone:   corev1.LabelTopologyZone,
	corev1.LabelFailureDomainBetaRegion: corev1.LabelTopologyRegion,
}

// inZone: each zone label of the volume has the node's value among its own, which two underlines part. A node without any zone label
// is let off, and an old label of the volume may be met by a new one of the node.
func inZone(v *corev1.PersistentVolume, h *host) error {
	if !slices.ContainsFunc(zoneLabels, func(key string) bool { _, has := h.node.Labels[key]; return has }) {
		return nil
	}
	for _, key := range zoneLabels {
		value, has := v.Labels[key]
		if !has {
			continue
		}
		values := strings.Split(value, "__")
		for i := range values {
			values[i] = strings.TrimSpace(values[i])
		}
		if slices.Contains(values, "") {
			continue // cannot be parsed, and is ignored
		}
		at, known := h.node.Labels[key]
		if !known && newName[key] != "" {
			at, known = h.node.Labels[newName[key]]
		}
		if !known || !slices.Contains(values, at) {
			return fmt.Errorf("volume %s is in %s %s, the node in %q", v.Name, key, value, at)
		}
	}
	return nil
}

// provide finds for each waiting claim, the small ones first, a volume that exists, or checks that one can be made for the node.
func (s *storage) provide(waiting []mounted, h *host) error {
	slices.SortStableFunc(waiting, func(a, b mounted) int { return cmp.Compare(sizeOf(a.claim), sizeOf(b.claim)) })
	chosen := map[string]*corev1.PersistentVolume{}
	for _, m := range waiting {
		if node, ok := m.claim.Annotations[volume.AnnSelectedNode]; ok {
			if node != h.node.Name {
				return fmt.Errorf("claim %s is provisioned for node %s", m.name, node)
			}
		} else {
			class := volume.GetPersistentVolumeClaimClass(m.claim)
			found, err := volume.FindMatchingVolume(m.claim, s.ofClass[class], h.node, chosen, true, true)
			if err != nil {
				return fmt.Errorf("claim %s: %w", m.name, err)
			}
			if found != nil {
				chosen[found.Name] = found
				continue
			}
		}
		if err := s.provision(m.claim, h); err != nil {
			return fmt.Errorf("claim %s: %w", m.name, err)
		}
	}
	return nil
}

func sizeOf(claim *corev1.PersistentVolumeClaim) int64 {
	size := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	return size.Value()
}

// provision: the class makes volumes, and for this node.
func (s *storage) provision(claim *corev1.PersistentVolumeClaim, h *host) error {
	class := s.classes[volume.GetPersistentVolumeClaimClass(claim)]
	if class.Provisioner == "" || class.Provisioner == volume.NotSupportedProvisioner {
		return fmt.Errorf("no volume of class %s can be reached, and the class makes none", class.Name)
	}
	if len(class.AllowedTopologies) == 0 {
		return nil
	}
	for _, term := range class.AllowedTopologies {
		all := len(term.MatchLabelExpressions) > 0
		for _, e := range term.MatchLabelExpressions {
			value, has := h.node.Labels[e.Key]
			all = all && has && slices.Contains(e.Values, value)
		}
		if all {
			return nil
		}
	}
	return errors.New("the node is in none of the allowed topologies of class " + class.Name)
}
