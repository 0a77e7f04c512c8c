package eviction

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/workload"
	"github.com/vpsie/vpsie-autoscaler/webhook/eviction/rules"
)

// Held says of every pod that would hold up a drain of the Node now what is in its way, in the order of the pods' names.
func (i *Index) Held(nodeName string, now time.Time) []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var pods []*corev1.Pod
	for _, pod := range i.pods.byName {
		if pod.Spec.NodeName == nodeName && live(pod) && workload.MustMove(pod) {
			pods = append(pods, pod)
		}
	}
	slices.SortFunc(pods, func(a, b *corev1.Pod) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	var held []string
	for _, pod := range pods {
		if why := i.holds(pod, now); why != "" {
			held = append(held, pod.Namespace+"/"+pod.Name+": "+why)
		}
	}
	return held
}

// holds is empty if the pod could be evicted.
func (i *Index) holds(pod *corev1.Pod, now time.Time) string {
	snapshot := i.snapshot(question{pod: client.ObjectKeyFromObject(pod), uid: pod.UID, rehearsal: true}, now)
	snapshot.Pace = rules.Pace{} // it slows every drain down and stops none
	if verdict := rules.Decide(snapshot); !verdict.Allowed() {
		return verdict.Refusals[0].Message
	}
	for _, budget := range snapshot.Budgets {
		if budget.Status.DisruptionsAllowed == 0 {
			return fmt.Sprintf("PodDisruptionBudget %s allows no disruption now", budget.Name)
		}
	}
	return ""
}
