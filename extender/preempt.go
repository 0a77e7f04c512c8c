package extender

import (
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	extenderv1 "k8s.io/kube-scheduler/extender/v1"

	"github.com/vpsie/vpsie-autoscaler/extender/score"
	"github.com/vpsie/vpsie-autoscaler/extender/serving"
)

// preempt lets the scheduler evict whom it wants, except for a pod that a machine is on its way for. Naming no node is how an
// extender says no.
func (v *verbs) preempt(w http.ResponseWriter, r *http.Request) {
	var in extenderv1.ExtenderPreemptionArgs
	if err := serving.ReadJSON(w, r, maxBody, &in); err != nil {
		refuse(w, err)
		return
	}
	if in.Pod == nil {
		refuse(w, errNoPod)
		return
	}
	out := extenderv1.ExtenderPreemptionResult{NodeNameToMetaVictims: map[string]*extenderv1.MetaVictims{}}
	if !v.vetoes(score.PodOf(in.Pod)) {
		out.NodeNameToMetaVictims = echo(in)
	}
	reply(w, out)
}

// vetoes reports whether a machine bought for the pod is on its way and not overdue.
func (v *verbs) vetoes(pod score.Pod) bool {
	since, awaited := v.source.Snapshot().Awaited(pod.Key)
	return awaited && !pod.Exempt && time.Since(since) < v.veto
}

// echo names the victims that the scheduler chose, by UID, whichever way it sent them.
func echo(in extenderv1.ExtenderPreemptionArgs) map[string]*extenderv1.MetaVictims {
	out := make(map[string]*extenderv1.MetaVictims, len(in.NodeNameToMetaVictims)+len(in.NodeNameToVictims))
	for node, victims := range in.NodeNameToMetaVictims {
		if victims != nil {
			out[node] = victims
		}
	}
	for node, victims := range in.NodeNameToVictims {
		if victims != nil {
			out[node] = &extenderv1.MetaVictims{Pods: uids(victims.Pods), NumPDBViolations: victims.NumPDBViolations}
		}
	}
	return out
}

func uids(pods []*corev1.Pod) []*extenderv1.MetaPod {
	named := make([]*extenderv1.MetaPod, 0, len(pods))
	for _, pod := range pods {
		if pod != nil {
			named = append(named, &extenderv1.MetaPod{UID: string(pod.UID)})
		}
	}
	return named
}
