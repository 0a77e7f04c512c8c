package eviction

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/workload"
	"github.com/vpsie/vpsie-autoscaler/webhook/eviction/rules"
)

// pods are those of the cluster, counted by controller.
type pods struct {
	byName map[types.NamespacedName]*corev1.Pod
	crews  map[types.UID]*crew // by controller
}

// crew counts the pods of one controller.
type crew struct {
	all, live, ready int
	changed          time.Time
}

func newPods() pods {
	return pods{byName: map[types.NamespacedName]*corev1.Pod{}, crews: map[types.UID]*crew{}}
}

// put returns the version of the pod, or the pod of the same name, that it takes the place of.
func (p *pods) put(pod *corev1.Pod) (before *corev1.Pod) {
	name := client.ObjectKeyFromObject(pod)
	before = p.byName[name]
	p.byName[name] = pod
	p.count(pod, +1) // first, so that the crew of an only pod is not forgotten in between
	if before != nil {
		p.count(before, -1)
	}
	return before
}

func (p *pods) drop(name types.NamespacedName) {
	if pod := p.byName[name]; pod != nil {
		delete(p.byName, name)
		p.count(pod, -1)
	}
}

func (p *pods) count(pod *corev1.Pod, by int) {
	controller := controllerOf(pod)
	if controller == "" {
		return
	}
	c := p.crews[controller]
	if c == nil {
		c = &crew{}
		p.crews[controller] = c
	}
	c.all += by
	if live(pod) {
		c.live += by
		if rules.Ready(pod) {
			c.ready += by
		}
	}
	if at := changed(pod); at.After(c.changed) {
		c.changed = at
	}
	if c.all == 0 {
		delete(p.crews, controller)
	}
}

// controllerOf is empty for a pod without a controller.
func controllerOf(pod *corev1.Pod) types.UID {
	if ref := metav1.GetControllerOfNoCopy(pod); ref != nil {
		return ref.UID
	}
	return ""
}

// live reports whether a pod neither finished nor is on its way out.
func live(pod *corev1.Pod) bool { return pod.DeletionTimestamp == nil && !workload.Finished(pod) }

// changed is when the pod was last created, became ready or unready, or was deleted.
func changed(pod *corev1.Pod) time.Time {
	last := pod.CreationTimestamp.Time
	for i := range pod.Status.Conditions {
		if c := &pod.Status.Conditions[i]; c.Type == corev1.PodReady && c.LastTransitionTime.After(last) {
			last = c.LastTransitionTime.Time
		}
	}
	if pod.DeletionTimestamp != nil {
		// The timestamp is the end of the grace period.
		asked := pod.DeletionTimestamp.Time
		if grace := pod.DeletionGracePeriodSeconds; grace != nil {
			asked = asked.Add(-time.Duration(*grace) * time.Second)
		}
		if asked.After(last) {
			last = asked
		}
	}
	return last
}
