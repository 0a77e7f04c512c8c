package score

import (
	corev1 "k8s.io/api/core/v1"
	quantity "k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/component-helpers/resource"

	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// Amount is an amount of the two resources that machines are sold by.
type Amount struct {
	MilliCPU int64 // thousandths of a core
	Memory   int64 // bytes
}

// mostOfAmount bounds each resource of one amount, far above what exists, so that no sum over the pods of a node overflows.
const mostOfAmount = 1 << 50

// AmountOf takes the two resources from a list. What is missing or negative counts as zero.
func AmountOf(list corev1.ResourceList) Amount {
	return Amount{MilliCPU: bounded(list.Cpu(), quantity.Milli), Memory: bounded(list.Memory(), 0)}
}

func bounded(q *quantity.Quantity, scale quantity.Scale) int64 {
	if q.CmpInt64(mostOfAmount) > 0 {
		return mostOfAmount // also keeps the conversion below in range
	}
	return min(max(q.ScaledValue(scale), 0), mostOfAmount)
}

// Add returns the sum of two amounts.
func (a Amount) Add(b Amount) Amount {
	return Amount{MilliCPU: a.MilliCPU + b.MilliCPU, Memory: a.Memory + b.Memory}
}

// Sub returns the difference of two amounts.
func (a Amount) Sub(b Amount) Amount {
	return Amount{MilliCPU: a.MilliCPU - b.MilliCPU, Memory: a.Memory - b.Memory}
}

// RequestOf is what the scheduler reserves for the pod: containers, init containers, overhead and pod-level requests.
func RequestOf(pod *corev1.Pod) Amount {
	return AmountOf(resource.PodRequests(pod, resource.PodResourcesOptions{}))
}

// Pod is what matters of a pod that looks for a node.
type Pod struct {
	// Key is the pod's namespace/name.
	Key string
	// Request is what the pod asks of a node.
	Request Amount
	// Exempt pods are none of our business: every node is the same for them and none is withheld.
	Exempt bool
}

// PodOf takes from a pod what matters.
func PodOf(pod *corev1.Pod) Pod {
	return Pod{
		Key:     pod.Namespace + "/" + pod.Name,
		Request: RequestOf(pod),
		Exempt:  exempt(pod),
	}
}

// exempt is true of pods that are tied to a node already, and of those without which the cluster or a node does not work.
func exempt(pod *corev1.Pod) bool {
	if pod.Spec.NodeName != "" || workload.OfNode(pod) {
		return true
	}
	switch pod.Spec.PriorityClassName {
	case "system-cluster-critical", "system-node-critical":
		return true
	}
	return false
}
