package snapshots

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func rename(pod *corev1.Pod, name string) {
	pod.Name, pod.UID = name, types.UID("uid-"+name)
}

// terminate marks a pod as being deleted. The time is fixed: nothing may depend on it.
func terminate(pod *corev1.Pod) {
	at, grace := metav1.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), int64(30)
	pod.DeletionTimestamp, pod.DeletionGracePeriodSeconds = &at, &grace
}

// pod draws a pod without volumes that asks for less than so many thousandths of a core.
func (d *dice) pod(name string, maxMilli int) *corev1.Pod {
	pod := &corev1.Pod{}
	rename(pod, name)
	pod.Namespace = pick(d, "default", "default", "shop", "bank")
	pod.Labels = d.podLabels()
	pod.Status.Phase = corev1.PodPending
	priority, policy := pick(d, int32(0), int32(0), int32(0), int32(100), int32(-20)), corev1.PreemptLowerPriority
	if d.one(4) {
		policy = corev1.PreemptNever
	}
	pod.Spec.Priority, pod.Spec.PreemptionPolicy = &priority, &policy
	pod.Spec.SchedulerName, pod.Spec.RestartPolicy = corev1.DefaultSchedulerName, corev1.RestartPolicyAlways
	d.addContainers(pod, maxMilli)
	d.addNodeRules(pod)
	if d.one(8) {
		d.addHostPorts(pod)
	}
	if d.Topology {
		d.addTopology(pod)
	}
	if d.Preferences && d.one(2) {
		d.addPreferences(pod)
	}
	return pod
}

func (d *dice) podLabels() map[string]string {
	labels := map[string]string{"app": pick(d, "x", "y", "z")}
	if d.one(2) {
		labels["tier"] = pick(d, "web", "db")
	}
	if d.one(2) {
		labels["version"] = pick(d, "v1", "v2")
	}
	return labels
}

func (d *dice) requests(maxMilli int) corev1.ResourceList {
	list := corev1.ResourceList{}
	if !d.one(8) {
		list[corev1.ResourceCPU] = quantity("%dm", 1+d.IntN(maxMilli))
	}
	if !d.one(8) {
		list[corev1.ResourceMemory] = quantity("%dMi", 1+d.IntN(2*maxMilli))
	}
	if d.one(6) {
		list[corev1.ResourceEphemeralStorage] = quantity("%dMi", 1+d.IntN(8000))
	}
	if d.one(12) {
		list[gpu] = quantity("%d", 1+d.IntN(2))
	}
	if d.one(30) {
		list["hugepages-2Mi"], list[corev1.ResourceCPU] = quantity("%dMi", 2*(1+d.IntN(64))), quantity("100m")
	}
	return list
}

// container gives limits to what Kubernetes does not let a pod overcommit.
func (d *dice) container(name string, maxMilli int) corev1.Container {
	c := corev1.Container{Name: name, Image: "example.com/app:1"}
	c.Resources.Requests = d.requests(maxMilli)
	for _, resource := range []corev1.ResourceName{gpu, "hugepages-2Mi"} {
		if q, ok := c.Resources.Requests[resource]; ok {
			if c.Resources.Limits == nil {
				c.Resources.Limits = corev1.ResourceList{}
			}
			c.Resources.Limits[resource] = q
		}
	}
	return c
}

func (d *dice) addContainers(pod *corev1.Pod, maxMilli int) {
	if d.one(2) { // many small pods, so that machines hold several
		maxMilli = 1 + maxMilli/6
	}
	pod.Spec.Containers = []corev1.Container{d.container("main", maxMilli)}
	for d.one(5) {
		pod.Spec.Containers = append(pod.Spec.Containers, d.container(fmt.Sprint("more", len(pod.Spec.Containers)), maxMilli/2+1))
	}
	for d.one(5) {
		c := d.container(fmt.Sprint("init", len(pod.Spec.InitContainers)), maxMilli)
		if d.one(2) {
			always := corev1.ContainerRestartPolicyAlways
			c.RestartPolicy = &always
		}
		pod.Spec.InitContainers = append(pod.Spec.InitContainers, c)
	}
	if d.one(8) {
		pod.Spec.Overhead = corev1.ResourceList{corev1.ResourceCPU: quantity("%dm", d.IntN(200)), corev1.ResourceMemory: quantity("%dMi", d.IntN(200))}
	}
	if d.one(8) {
		d.addPodLevel(pod)
	}
}

// addPodLevel sets requests of the whole pod that are at least the sum of all its containers'.
func (d *dice) addPodLevel(pod *corev1.Pod) {
	requests := corev1.ResourceList{}
	for _, name := range some(d, corev1.ResourceCPU, corev1.ResourceMemory) {
		sum := quantity("%d", 0)
		for _, c := range slices.Concat(pod.Spec.Containers, pod.Spec.InitContainers) {
			sum.Add(c.Resources.Requests[name])
		}
		more := quantity("%dm", 1000*(1+d.IntN(2)))
		if name == corev1.ResourceMemory {
			more = quantity("%dMi", 1+d.IntN(512))
		}
		sum.Add(more)
		requests[name] = sum
	}
	pod.Spec.Resources = &corev1.ResourceRequirements{Requests: requests}
}

// running draws a pod of a node. Some have finished, some are being deleted, some have been resized in place.
func (d *dice) running(name, node string) *corev1.Pod {
	pod := d.pod(name, 2000)
	pod.Spec.NodeName, pod.Status.Phase = node, corev1.PodRunning
	d.mounter(name)(pod)
	switch d.IntN(10) {
	case 0:
		terminate(pod)
	case 1:
		pod.Status.Phase = pick(d, corev1.PodSucceeded, corev1.PodFailed)
	case 2, 3:
		d.resize(pod)
	}
	return pod
}

// resize writes the status of a pod whose first container is between two sizes.
func (d *dice) resize(pod *corev1.Pod) {
	requests := pod.Spec.Containers[0].Resources.Requests.DeepCopy()
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		if q, ok := requests[name]; ok {
			requests[name] = *resource.NewMilliQuantity(q.MilliValue()*int64(1+d.IntN(5))/2, q.Format)
		}
	}
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "main", AllocatedResources: requests,
		Resources: &corev1.ResourceRequirements{Requests: requests}}}
	if d.one(2) {
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodResizePending, Status: corev1.ConditionTrue,
			Reason: pick(d, corev1.PodReasonInfeasible, corev1.PodReasonDeferred)}}
	}
}

// daemon is a pod template as the DaemonSet controller would fill it in.
func (d *dice) daemon(i int) *corev1.Pod {
	topology := d.Topology
	d.Topology = topology && d.one(4)
	pod := d.pod(fmt.Sprint("daemon", i), 400)
	d.Topology = topology
	pod.Namespace = "default"
	controller := true
	pod.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "DaemonSet", Name: pod.Name, UID: types.UID("set-" + pod.Name),
		Controller: &controller}}
	pod.Spec.Tolerations = append(pod.Spec.Tolerations,
		corev1.Toleration{Key: corev1.TaintNodeUnschedulable, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule})
	if d.one(2) {
		pod.Spec.Tolerations = append(pod.Spec.Tolerations, corev1.Toleration{Operator: corev1.TolerationOpExists})
	}
	return pod
}
