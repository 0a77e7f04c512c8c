package node

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// workloads are the pods that have to leave the Node before it goes, those on their way out among them.
func workloads(s *Situation) []*corev1.Pod {
	var moving []*corev1.Pod
	for _, pod := range s.Pods {
		if workload.MustMove(pod) {
			moving = append(moving, pod)
		}
	}
	return moving
}

// named bounds how many pods a message names.
const named = 3

// names tells pods, such as "pods shop/a, shop/b and 4 more".
func names(pods []*corev1.Pod) string {
	slices.SortFunc(pods, func(a, b *corev1.Pod) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	var list []string
	for _, pod := range pods[:min(len(pods), named)] {
		list = append(list, pod.Namespace+"/"+pod.Name)
	}
	text := "pods " + strings.Join(list, ", ")
	if len(pods) == 1 {
		text = "pod " + list[0]
	}
	if more := len(pods) - len(list); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
