package snapshots

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// addLimits draws what holds for the whole cluster and what the user wants.
func (d *dice) addLimits() {
	s := d.snapshot
	if !d.Limits {
		return
	}
	if d.one(3) {
		s.Limits.MaxNewNodes = 1 + d.IntN(4)
	}
	if d.one(3) {
		s.Limits.MaxNodes = 1 + d.IntN(10)
	}
	if d.one(3) {
		s.Limits.MaxResources = corev1.ResourceList{}
		if d.one(2) {
			s.Limits.MaxResources[corev1.ResourceCPU] = quantity("%d", 4+d.IntN(60))
		}
		if d.one(2) {
			s.Limits.MaxResources[corev1.ResourceMemory] = quantity("%dGi", 8+d.IntN(150))
		}
		if d.one(3) {
			s.Limits.MaxResources[gpu] = quantity("%d", d.IntN(5))
		}
	}
	if d.one(2) {
		cutoff := pick(d, int32(-10), int32(0), int32(50))
		s.Policy.PriorityCutoff = &cutoff
	}
	if d.one(2) {
		s.Policy.SchedulerNames = []string{corev1.DefaultSchedulerName}
	}
	s.Policy.PreferenceShare = pick(d, 0, 0, 0.05, 0.5)
	for i := range s.Groups {
		g := &s.Groups[i]
		g.Priority = pick(d, 0, 0, 0, 10, -1)
		if len(s.Offerings) > 0 && d.one(3) {
			g.PreferredOfferingID = fmt.Sprint("o", d.IntN(len(s.Offerings)))
			if len(g.OfferingIDs) > 0 {
				g.PreferredOfferingID = pick(d, g.OfferingIDs...)
			}
		}
	}
}
