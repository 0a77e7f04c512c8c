package eviction

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/webhook/eviction/rules"
)

// reasonEvicted is how the API server marks a pod, before it deletes it, that it was evicted and not merely deleted.
const reasonEvicted = "EvictionByEvictionAPI"

// evictedAt reads the mark. The time is the API server's, so that all replicas of the webhook count alike, and count right after a
// restart.
func evictedAt(pod *corev1.Pod) (at time.Time, evicted bool) {
	for i := range pod.Status.Conditions {
		c := &pod.Status.Conditions[i]
		if c.Type == corev1.DisruptionTarget && c.Status == corev1.ConditionTrue && c.Reason == reasonEvicted {
			return c.LastTransitionTime.Time, true
		}
	}
	return time.Time{}, false
}

func wasEvicted(pod *corev1.Pod) bool {
	_, evicted := evictedAt(pod)
	return evicted
}

// window is how long an eviction counts.
const window = time.Minute

// recent are the times of the evictions of the last minute, the oldest first. The zero value is empty.
type recent struct{ times []time.Time }

func (r *recent) add(at time.Time) {
	position, _ := slices.BinarySearchFunc(r.times, at, time.Time.Compare)
	r.times = slices.Insert(r.times, position, at)
	r.trim(r.times[len(r.times)-1])
}

// trim forgets what lies more than the window before a time.
func (r *recent) trim(before time.Time) {
	start, _ := slices.BinarySearchFunc(r.times, before.Add(-window), time.Time.Compare)
	r.times = r.times[start:]
}

// pace counts what happened in the last minute, and what was granted and has not happened yet.
func (r *recent) pace(limit, granted int, now time.Time) rules.Pace {
	r.trim(now)
	pace := rules.Pace{Limit: limit, Evicted: len(r.times) + granted, Free: now.Add(grantLasts)}
	if excess := pace.Evicted - limit; excess >= 0 && excess < len(r.times) {
		pace.Free = r.times[excess].Add(window)
	}
	return pace
}
