package eviction

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/webhook/eviction/rules"
)

// question is an eviction that somebody asks for.
type question struct {
	pod types.NamespacedName
	// uid is that of the pod that is meant; empty means whichever has the name.
	uid types.UID
	// rehearsal says that nothing will be evicted.
	rehearsal bool
}

// decide judges an eviction and remembers for a moment that it was granted, in one step: a drain asks for all pods of a node at once,
// and the second of two replicas must not be judged as if the first stayed.
func (i *Index) decide(q question, now time.Time) (*corev1.Pod, rules.Verdict) {
	i.mu.Lock()
	defer i.mu.Unlock()
	snapshot := i.snapshot(q, now)
	verdict := rules.Decide(snapshot)
	if verdict.Allowed() && !q.rehearsal && likely(&snapshot) {
		i.granted.add(snapshot.Pod, now)
	}
	return snapshot.Pod, verdict
}

func (i *Index) snapshot(q question, now time.Time) rules.Snapshot {
	pod := i.pods.byName[q.pod]
	// Another pod of that name is not the one that is meant: the API server will say so, or knows more than we do.
	if pod == nil || q.uid != "" && pod.UID != q.uid {
		return rules.Snapshot{Now: now}
	}
	i.granted.prune(now)
	snapshot := rules.Snapshot{
		Pod: pod, Now: now,
		Budgets:      i.budgets.matching(pod),
		NodeOverride: i.nodes[pod.Spec.NodeName].override,
		NodeLost:     i.nodes[pod.Spec.NodeName].lost,
	}
	var controllers []types.UID
	snapshot.Owner, controllers = i.owners.of(pod)
	snapshot.Owner.Crew = i.crew(pod, controllers)
	if i.limit > 0 {
		snapshot.Pace = i.recent.pace(i.limit, i.granted.others(pod.UID), now)
	}
	return snapshot
}

// crew adds up the pods of the controllers. Pods whose eviction was granted a moment ago are as good as gone.
func (i *Index) crew(pod *corev1.Pod, controllers []types.UID) rules.Crew {
	var sum rules.Crew
	for _, uid := range controllers {
		c := i.pods.crews[uid]
		if c == nil {
			continue
		}
		sum.Live += c.live
		sum.OthersReady += c.ready - i.granted.othersReady(uid, pod.UID)
		if c.changed.After(sum.Changed) {
			sum.Changed = c.changed
		}
	}
	if live(pod) && rules.Ready(pod) && controllerOf(pod) != "" {
		sum.OthersReady-- // itself
	}
	return sum
}
