package scenarios

import (
	"fmt"
	"math"
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// request is what a pod asks for.
type request struct{ milliCPU, mib int64 }

// draw returns a request as they are found in clusters: half a core and one GiB at the median, a few very large, and a ratio of memory
// to processor that spans two orders of magnitude.
func draw(r *rand.Rand, mostMilliCPU, mostMiB int64) request {
	cpu := 540 * math.Exp(1.04*r.NormFloat64())
	memory := 1088 * math.Pow(cpu/540, 0.6) * math.Exp(1.09*r.NormFloat64())
	return request{
		milliCPU: clamp(int64(cpu)/10*10, 50, mostMilliCPU),
		mib:      clamp(int64(memory)/16*16, 64, mostMiB),
	}
}

func clamp(value, least, most int64) int64 { return max(least, min(value, most)) }

// list collects pods and gives each a name and a UID of its own.
type list []*corev1.Pod

func (l *list) add(prefix string, labels map[string]string, want request) *corev1.Pod {
	n := len(*l)
	pod := &corev1.Pod{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "default", Name: fmt.Sprintf("%s-%d", prefix, n), Labels: labels,
			UID:               types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012d", n+1)),
			CreationTimestamp: metav1.Unix(1767225600, 0),
		},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "img", Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{
				corev1.ResourceCPU:    *resource.NewMilliQuantity(want.milliCPU, resource.DecimalSI),
				corev1.ResourceMemory: *resource.NewQuantity(want.mib<<20, resource.BinarySI),
			},
		}}}},
		Status: corev1.PodStatus{
			Phase: corev1.PodPending,
			Conditions: []corev1.PodCondition{
				{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable},
			},
		},
	}
	*l = append(*l, pod)
	return pod
}

// own makes the pod one of a deployment's.
func own(pod *corev1.Pod, deployment string) {
	controller := true
	pod.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: "apps/v1", Kind: "ReplicaSet", Name: deployment, UID: types.UID("rs-" + deployment), Controller: &controller,
	}}
}

// equal are pods of one deployment.
func equal(count int) []*corev1.Pod {
	var l list
	for range count {
		own(l.add("p", map[string]string{"app": "d0"}, request{milliCPU: 500, mib: 1024}), "d0")
	}
	return l
}

// shapes are pods without an owner, nearly all different.
func shapes(r *rand.Rand, count int) []*corev1.Pod {
	var l list
	for range count {
		l.add("p", map[string]string{"app": "mixed"}, draw(r, 8000, 32<<10))
	}
	return l
}

// workloads describes pods of deployments.
type workloads struct {
	pods, deployments int
	selectors         bool // two of five deployments ask for a zone, a processor, or both
	zones             int
}

func (w workloads) draw(r *rand.Rand) []*corev1.Pod {
	var l list
	for d, replicas := range w.replicas(r) {
		name := fmt.Sprintf("d%d", d)
		want := draw(r, 8000, 32<<10)
		var selector map[string]string
		if w.selectors {
			want = request{min(want.milliCPU, 4000), min(want.mib, 24<<10)}
			selector = selectorFor(r, w.zones)
		}
		for range replicas {
			pod := l.add(name, map[string]string{"app": name}, want)
			own(pod, name)
			if len(selector) > 0 {
				pod.Spec.NodeSelector = selector
				pod.Spec.Tolerations = []corev1.Toleration{
					{Key: "dedicated", Operator: corev1.TolerationOpEqual, Value: name, Effect: corev1.TaintEffectNoSchedule},
				}
			}
		}
	}
	return l
}

// replicas shares the pods out: a few deployments have most of them.
func (w workloads) replicas(r *rand.Rand) []int {
	weights, sum := make([]float64, w.deployments), 0.0
	for i := range weights {
		weights[i] = math.Exp(0.9 * r.NormFloat64())
		sum += weights[i]
	}
	replicas, left := make([]int, w.deployments), w.pods
	for i := range replicas {
		replicas[i] = min(left, max(1, int(weights[i]/sum*float64(w.pods))))
		left -= replicas[i]
	}
	replicas[0] += left // what rounding left
	return replicas
}

func selectorFor(r *rand.Rand, zones int) map[string]string {
	selector := map[string]string{}
	if r.IntN(10) < 3 {
		selector[corev1.LabelTopologyZone] = zoneName(r.IntN(zones))
	}
	if r.IntN(100) < 15 {
		selector[corev1.LabelArchStable] = []string{"amd64", "arm64"}[r.IntN(2)]
	}
	return selector
}
