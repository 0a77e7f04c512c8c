package snapshots

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// maxTrials bounds the work of Shrink; a small cluster needs far fewer.
const maxTrials = 5000

// Shrink takes away whatever it can from a copy of the snapshot while failing stays true: pods, nodes, groups, offerings, storage,
// and fields of what is left. The snapshot itself stays as it is. Failing must hold for it and must not change its argument.
func Shrink(s *plan.Snapshot, failing func(*plan.Snapshot) bool) *plan.Snapshot {
	k := &shrinker{best: Clone(s), failing: failing}
	for before := -1; before != k.accepted && k.trials < maxTrials; {
		before = k.accepted
		k.shorten()
		k.simplify()
	}
	return k.best
}

type shrinker struct {
	best             *plan.Snapshot
	failing          func(*plan.Snapshot) bool
	trials, accepted int
}

// try makes a change on a copy and keeps it when the test still fails.
func (k *shrinker) try(change func(*plan.Snapshot)) bool {
	if k.trials >= maxTrials {
		return false
	}
	k.trials++
	c := Clone(k.best)
	change(c)
	if !k.failing(c) {
		return false
	}
	k.best = c
	k.accepted++
	return true
}

// shorten takes elements out of the lists, first many at once, then one at a time.
func (k *shrinker) shorten() {
	cut(k, func(s *plan.Snapshot) *[]*corev1.Pod { return &s.Pods })
	cut(k, func(s *plan.Snapshot) *[]plan.Node { return &s.Nodes })
	cut(k, func(s *plan.Snapshot) *[]*corev1.Pod { return &s.Daemons })
	cut(k, func(s *plan.Snapshot) *[]plan.Group { return &s.Groups })
	cut(k, func(s *plan.Snapshot) *[]plan.Offering { return &s.Offerings })
	for i := range k.best.Nodes {
		cut(k, func(s *plan.Snapshot) *[]*corev1.Pod { return &s.Nodes[i].Pods })
		cut(k, func(s *plan.Snapshot) *[]corev1.Taint { return &s.Nodes[i].Taints })
	}
	for i := range k.best.Groups {
		cut(k, func(s *plan.Snapshot) *[]string { return &s.Groups[i].OfferingIDs })
		cut(k, func(s *plan.Snapshot) *[]corev1.Taint { return &s.Groups[i].Taints })
	}
	cut(k, func(s *plan.Snapshot) *[]*corev1.PersistentVolumeClaim { return &s.Storage.Claims })
	cut(k, func(s *plan.Snapshot) *[]*corev1.PersistentVolume { return &s.Storage.Volumes })
}

func cut[T any](k *shrinker, list func(*plan.Snapshot) *[]T) {
	for size := len(*list(k.best)); size > 0; size /= 2 {
		for from := 0; from < len(*list(k.best)); {
			to := min(from+size, len(*list(k.best)))
			if !k.try(func(s *plan.Snapshot) { l := list(s); *l = slices.Delete(*l, from, to) }) {
				from += size
			}
		}
	}
}

// simplify sets fields to their zero values.
func (k *shrinker) simplify() {
	k.try(func(s *plan.Snapshot) { s.Limits = plan.Limits{} })
	k.try(func(s *plan.Snapshot) { s.Limits.MaxResources = nil })
	k.try(func(s *plan.Snapshot) { s.Policy = plan.Policy{} })
	k.try(func(s *plan.Snapshot) { s.Policy.PreferenceShare = 0 })
	k.try(func(s *plan.Snapshot) { s.Storage = plan.Storage{} })
	dropKeys(k, func(s *plan.Snapshot) map[string]map[string]string { return s.Namespaces })
	for i := range k.best.Groups {
		k.try(func(s *plan.Snapshot) { s.Groups[i].Desired = 0 })
		k.try(func(s *plan.Snapshot) { s.Groups[i].Priority = 0 })
		k.try(func(s *plan.Snapshot) { s.Groups[i].PreferredOfferingID = "" })
		k.try(func(s *plan.Snapshot) { s.Groups[i].AttachLimits = nil })
		dropKeys(k, func(s *plan.Snapshot) map[string]string { return s.Groups[i].Labels })
	}
	for i := range k.best.Offerings {
		dropKeys(k, func(s *plan.Snapshot) map[string]string { return s.Offerings[i].Labels })
		dropKeys(k, func(s *plan.Snapshot) corev1.ResourceList { return s.Offerings[i].Allocatable })
	}
	for i := range k.best.Nodes {
		k.try(func(s *plan.Snapshot) { s.Nodes[i].AttachLimits = nil })
		dropKeys(k, func(s *plan.Snapshot) map[string]string { return s.Nodes[i].Labels })
		dropKeys(k, func(s *plan.Snapshot) corev1.ResourceList { return s.Nodes[i].Allocatable })
		for j := range k.best.Nodes[i].Pods {
			k.simplifyPod(func(s *plan.Snapshot) *corev1.Pod { return s.Nodes[i].Pods[j] })
		}
	}
	for i := range k.best.Pods {
		k.simplifyPod(func(s *plan.Snapshot) *corev1.Pod { return s.Pods[i] })
	}
	for i := range k.best.Daemons {
		k.simplifyPod(func(s *plan.Snapshot) *corev1.Pod { return s.Daemons[i] })
	}
}

// dropKeys takes entries out of a map where that changes something.
func dropKeys[M ~map[K]V, K ~string, V any](k *shrinker, of func(*plan.Snapshot) M) {
	keys := make([]K, 0, len(of(k.best)))
	for key := range of(k.best) {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		k.try(func(s *plan.Snapshot) { delete(of(s), key) })
	}
}
