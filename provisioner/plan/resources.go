package plan

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/pack"
)

// maxAmount caps one amount, so that adding and subtracting a few of them cannot overflow an int64. It is far above any machine:
// about an exabyte of memory.
const maxAmount = int64(1) << 60

// vector holds one amount for each resource of an axis: thousandths of a core for cpu, whole units for everything else.
type vector = pack.Vector

// axis lists the resources that matter for a snapshot: those which a waiting pod asks for, and the pod slots that every pod takes.
// A resource that no waiting pod asks for can never keep one off a node.
type axis struct {
	names []corev1.ResourceName
}

// axisRank puts the usual resources first; the rest follow by name.
var axisRank = map[corev1.ResourceName]int{
	corev1.ResourceCPU: -4, corev1.ResourceMemory: -3, corev1.ResourceEphemeralStorage: -2, corev1.ResourcePods: -1,
}

func newAxis(pods []waiting) axis {
	seen := map[corev1.ResourceName]bool{corev1.ResourcePods: true}
	names := []corev1.ResourceName{corev1.ResourcePods}
	for i := range pods {
		for name, quantity := range pods[i].requests {
			if !seen[name] && quantity.Sign() > 0 {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	slices.SortFunc(names, func(a, b corev1.ResourceName) int {
		if d := axisRank[a] - axisRank[b]; d != 0 {
			return d
		}
		return cmp.Compare(a, b)
	})
	return axis{names: names}
}

// fill writes the amounts of a list into v.
func (a axis) fill(v vector, list corev1.ResourceList) {
	for i, name := range a.names {
		quantity, ok := list[name]
		if !ok {
			v[i] = 0
			continue
		}
		v[i] = amount(name, &quantity)
	}
}

// free is the room of a node without pods. A CSI driver without a limit can attach any number of volumes.
func (a axis) free(allocatable corev1.ResourceList, attachLimits map[string]int) vector {
	v := make(vector, len(a.names))
	a.fill(v, allocatable)
	for i, name := range a.names {
		if driver, ok := attachDriver(name); ok {
			v[i] = maxAmount
			if limit, limited := attachLimits[driver]; limited {
				v[i] = int64(limit)
			}
		}
	}
	return v
}

// fillRequests writes what a pod takes from a node into v: its requests and one pod slot.
func (a axis) fillRequests(v vector, requests corev1.ResourceList) {
	a.fill(v, requests)
	v[a.pods()] = 1
}

// pods is the position of the pod slots.
func (a axis) pods() int { return a.index(corev1.ResourcePods) }

// index is the position of a resource, or -1.
func (a axis) index(name corev1.ResourceName) int { return slices.Index(a.names, name) }

// amount rounds up as kube-scheduler does; a negative amount counts as none.
func amount(name corev1.ResourceName, q *resource.Quantity) int64 {
	scale := resource.Scale(0)
	limit := float64(maxAmount)
	if name == corev1.ResourceCPU {
		scale, limit = resource.Milli, limit/1000
	}
	if q.AsApproximateFloat64() >= limit {
		return maxAmount
	}
	return max(0, q.ScaledValue(scale))
}

// quantity turns an amount back into a quantity for people.
func quantity(name corev1.ResourceName, amount int64) resource.Quantity {
	switch name {
	case corev1.ResourceCPU:
		return *resource.NewMilliQuantity(amount, resource.DecimalSI)
	case corev1.ResourceMemory, corev1.ResourceEphemeralStorage:
		return *resource.NewQuantity(amount, resource.BinarySI)
	default:
		return *resource.NewQuantity(amount, resource.DecimalSI)
	}
}

// podRequests is what kube-scheduler counts for a pod, with the features that are on by default in Kubernetes 1.37.
func podRequests(pod *corev1.Pod) corev1.ResourceList {
	if onlyContainerCounts(pod) {
		return pod.Spec.Containers[0].Resources.Requests
	}
	return resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{
		UseStatusResources: true,
		InPlacePodLevelResourcesVerticalScalingEnabled: true,
	})
}

// onlyContainerCounts tells whether the requests of a pod are those of its one container, as they are for most pods. Asking the
// general function copies a dozen maps a pod, which is most of the time of a plan for 50,000 pods.
func onlyContainerCounts(pod *corev1.Pod) bool {
	return len(pod.Spec.Containers) == 1 && len(pod.Spec.InitContainers) == 0 && pod.Spec.Resources == nil &&
		len(pod.Spec.Overhead) == 0 && len(pod.Status.ContainerStatuses) == 0 && !resourcehelper.IsPodResizeInfeasible(pod)
}

// holds tells whether a pod that takes req fits into free. A resource that is not asked for does not count, even on a node that
// has promised more of it than it has.
func holds(free, req vector) bool {
	for i, want := range req {
		if want > free[i] && want > 0 {
			return false
		}
	}
	return true
}

// copies is the number of pods of one class, at most limit, that fit into free together.
func copies(free, req vector, limit int) int {
	n := int64(limit)
	for i, want := range req {
		if want > 0 {
			n = min(n, max(0, free[i])/want)
		}
	}
	return int(n)
}

// take removes n times req from free; the load must fit.
func take(free, req vector, n int) {
	for i, want := range req {
		free[i] -= want * int64(n)
	}
}

// reserve removes req from free even where that leaves less than nothing, as a node that promised too much has.
func reserve(free, req vector) {
	for i, want := range req {
		free[i] = max(free[i]-want, -maxAmount)
	}
}
