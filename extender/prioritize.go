package extender

import (
	"net/http"

	extenderv1 "k8s.io/kube-scheduler/extender/v1"

	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

// prioritize scores every node it is sent. A host that is left out counts as zero, so none is.
func (v *verbs) prioritize(w http.ResponseWriter, r *http.Request) {
	in, err := readArgs(w, r)
	if err != nil {
		refuse(w, err)
		return
	}
	v.warnOfFullNodes(in)
	snapshot, pod := v.source.Snapshot(), score.PodOf(in.pod)
	scores := make(extenderv1.HostPriorityList, 0, len(in.nodes))
	for _, node := range in.nodes {
		scores = append(scores, extenderv1.HostPriority{Host: node, Score: snapshot.Score(pod, node)})
	}
	reply(w, scores)
}

// warnOfFullNodes tells the operator once that the scheduler is not configured as it should be.
func (v *verbs) warnOfFullNodes(in args) {
	if in.full != nil && v.warnedFullNodes.CompareAndSwap(false, true) {
		v.log.Info("The scheduler sends whole Node objects: set nodeCacheCapable to true in its configuration. " +
			"Without it every cycle costs megabytes, and the scheduler's own scoring by resources does not work")
	}
}
