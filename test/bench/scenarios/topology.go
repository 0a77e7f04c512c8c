package scenarios

import (
	"fmt"
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// neighbours is the number of pods that want to be on one node with each other.
const neighbours = 8

// topology draws pods of six kinds in equal shares: without a wish, spread over zones, spread over nodes, together on a node,
// together in a zone, and each alone of its kind on a node. The last kind alone needs as many nodes as it has pods.
func topology(r *rand.Rand, count int) []*corev1.Pod {
	var l list
	share := count / 6
	for range count - 5*share {
		l.add("generic", label("my-label", letter(r)), small(r))
	}
	for range share {
		group := letter(r)
		spread(l.add("zspread", label("zone-spread", group), small(r)), corev1.LabelTopologyZone)
	}
	for range share {
		group := letter(r)
		spread(l.add("hspread", label("host-spread", group), small(r)), corev1.LabelHostname)
	}
	for i := range share {
		together(l.add("haff", label("host-aff", fmt.Sprintf("g%d", i/neighbours)), small(r)), corev1.LabelHostname)
	}
	for range share {
		group := letter(r)
		together(l.add("zaff", label("zone-aff", group), small(r)), corev1.LabelTopologyZone)
	}
	for range share {
		apart(l.add("hanti", label("app", "nginx"), small(r)), corev1.LabelHostname)
	}
	return l
}

func label(key, value string) map[string]string { return map[string]string{key: value} }

func letter(r *rand.Rand) string { return string(rune('a' + r.IntN(7))) }

// small draws one of thirty requests.
func small(r *rand.Rand) request {
	cpu := []int64{100, 250, 500, 1000, 1500}
	memory := []int64{100, 256, 512, 1024, 2048, 4096}
	return request{milliCPU: cpu[r.IntN(len(cpu))], mib: memory[r.IntN(len(memory))]}
}

func spread(pod *corev1.Pod, key string) {
	pod.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{
		MaxSkew: 1, TopologyKey: key, WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: like(pod),
	}}
}

func together(pod *corev1.Pod, key string) {
	pod.Spec.Affinity = &corev1.Affinity{PodAffinity: &corev1.PodAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{LabelSelector: like(pod), TopologyKey: key}},
	}}
}

func apart(pod *corev1.Pod, key string) {
	pod.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{LabelSelector: like(pod), TopologyKey: key}},
	}}
}

// like selects the pods of the same labels.
func like(pod *corev1.Pod) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: pod.Labels}
}
