package agreement

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/test/diary"
)

// Outcome is where the pods went.
type Outcome struct {
	diary.Agreement
	// Pods have a node; the scheduler placed those of them that nothing was bought for beside the others.
	Pods int
	// Bought is the number of machines, Again how many of them were bought for pods that others had been bought for already, and Idle how
	// many got none of the pods.
	Bought, Again, Idle int
	// Waits are the times from the refusal of a pod to its node, in no order. Pods that were never refused have none.
	Waits []time.Duration
}

func newOutcome(pods []diary.Entry, machines map[string]v1alpha1.VPSieNode) *Outcome {
	bought := slices.SortedFunc(maps.Values(machines), func(a, b v1alpha1.VPSieNode) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	o := &Outcome{Agreement: diary.Agree(pods, bought), Pods: len(pods), Bought: len(bought)}
	used := map[string]bool{}
	for _, pod := range pods {
		used[pod.Node] = true
		if !pod.Flagged.IsZero() {
			o.Waits = append(o.Waits, pod.Bound.Sub(pod.Flagged))
		}
	}
	planned := map[string]bool{}
	for i := range bought {
		again := false
		for _, pod := range bought[i].Spec.Decision.Pods {
			again = again || planned[pod]
			planned[pod] = true
		}
		if again {
			o.Again++
		}
		if !used[bought[i].NodeName()] {
			o.Idle++
		}
	}
	return o
}
