package verify

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/storage/volume"
)

// wish is a claim that waits for its pod and that nothing but a volume which exists already can satisfy where the pod is.
type wish struct {
	p    *pod
	name string // namespace/name of the claim
	// volumes are those that would do.
	volumes []*corev1.PersistentVolume
}

// wishes lists the wishes of a pod for a host on which it is allowed.
func (w *world) wishes(p *pod, h *host) []wish {
	claims, err := w.storage.claimsOf(p.Pod)
	if err != nil {
		return nil
	}
	var list []wish
	for _, m := range claims {
		_, chosen := m.claim.Annotations[volume.AnnSelectedNode]
		if m.volume != nil || chosen || w.storage.provision(m.claim, h) == nil {
			continue
		}
		one := wish{p: p, name: m.name}
		for _, v := range w.storage.ofClass[volume.GetPersistentVolumeClaimClass(m.claim)] {
			found, err := volume.FindMatchingVolume(m.claim, []*corev1.PersistentVolume{v}, h.node, nil, true, true)
			if err == nil && found != nil {
				one.volumes = append(one.volumes, v)
			}
		}
		list = append(list, one)
	}
	return list
}

// checkDisks: all pods of the plan together can have their volumes, each claim one of its own.
func (v *verdict) checkDisks() {
	seen := map[string]bool{}
	taken := disks{}
	v.wanted = map[string]bool{}
	for _, p := range v.w.all {
		if p.host == nil || !v.planned(p) {
			continue
		}
		for _, wish := range v.w.wishes(p, p.host) {
			if seen[wish.name] {
				continue // shared by pods
			}
			seen[wish.name] = true
			for _, volume := range wish.volumes {
				v.wanted[volume.Name] = true
			}
			if !taken.give(&wish, map[string]bool{}) {
				v.fail("pod %s on %s: volumes: the %d volumes that claim %s could use are taken by claims of other pods", p, p.host, len(wish.volumes), wish.name)
			}
		}
	}
}

// disks are the wishes that have been granted, by the name of the volume.
type disks map[string]*wish

// give grants a wish if that is possible at all, if need be by giving other volumes to other claims. Tried are the volumes that have been
// thought about on the way.
func (d disks) give(w *wish, tried map[string]bool) bool {
	for _, v := range w.volumes {
		if tried[v.Name] {
			continue
		}
		tried[v.Name] = true
		if owner := d[v.Name]; owner == nil || d.give(owner, tried) {
			d[v.Name] = w
			return true
		}
	}
	return false
}

// contended tells whether a pod that is left needs a volume on the host that the plan may have promised to another pod. Which of them
// gets it is the plan's choice.
func (v *verdict) contended(p *pod, h *host) bool {
	for _, wish := range v.w.wishes(p, h) {
		for _, candidate := range wish.volumes {
			if v.wanted[candidate.Name] {
				return true
			}
		}
	}
	return false
}
