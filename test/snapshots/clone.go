package snapshots

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Clone copies a snapshot with everything in it.
func Clone(s *plan.Snapshot) *plan.Snapshot {
	c := *s
	c.Pods, c.Daemons = copied(s.Pods, (*corev1.Pod).DeepCopy), copied(s.Daemons, (*corev1.Pod).DeepCopy)
	c.Storage.Claims = copied(s.Storage.Claims, (*corev1.PersistentVolumeClaim).DeepCopy)
	c.Storage.Volumes = copied(s.Storage.Volumes, (*corev1.PersistentVolume).DeepCopy)
	c.Storage.Classes = copied(s.Storage.Classes, (*storagev1.StorageClass).DeepCopy)
	c.Namespaces = maps.Clone(s.Namespaces)
	c.Limits.MaxResources = s.Limits.MaxResources.DeepCopy()
	c.Policy.SchedulerNames = slices.Clone(s.Policy.SchedulerNames)
	c.Nodes, c.Groups, c.Offerings = slices.Clone(s.Nodes), slices.Clone(s.Groups), slices.Clone(s.Offerings)
	for i := range c.Nodes {
		n := &c.Nodes[i]
		n.Labels, n.Taints, n.AttachLimits = maps.Clone(n.Labels), slices.Clone(n.Taints), maps.Clone(n.AttachLimits)
		n.Allocatable, n.Pods = n.Allocatable.DeepCopy(), copied(n.Pods, (*corev1.Pod).DeepCopy)
	}
	for i := range c.Groups {
		g := &c.Groups[i]
		g.Labels, g.Taints, g.AttachLimits = maps.Clone(g.Labels), slices.Clone(g.Taints), maps.Clone(g.AttachLimits)
		g.OfferingIDs = slices.Clone(g.OfferingIDs)
	}
	for i := range c.Offerings {
		o := &c.Offerings[i]
		o.Labels, o.Allocatable = maps.Clone(o.Labels), o.Allocatable.DeepCopy()
	}
	return &c
}

func copied[T any](list []T, copyOf func(T) T) []T {
	if list == nil {
		return nil
	}
	all := make([]T, len(list))
	for i := range list {
		all[i] = copyOf(list[i])
	}
	return all
}
