package extender

import (
	"net/http"

	corev1 "k8s.io/api/core/v1"
	extenderv1 "k8s.io/kube-scheduler/extender/v1"

	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

// reasonRemoving is shown to the user. It must stay the same for all nodes and all times: the scheduler tries a pod again
// whenever the text of its condition changes.
const reasonRemoving = "node is being removed by the autoscaler"

// filter passes every node except those whose removal has begun.
//
// Those are reported as unresolvable: a node that merely failed is one on which the scheduler tries to evict pods, which
// cannot help and ends in an error when there is nobody to evict.
func (v *verbs) filter(w http.ResponseWriter, r *http.Request) {
	in, err := readArgs(w, r)
	if err != nil {
		refuse(w, err)
		return
	}
	v.warnOfFullNodes(in)
	snapshot, exempt := v.source.Snapshot(), score.PodOf(in.pod).Exempt
	kept := make([]string, 0, len(in.nodes)) // never nil: nil means that no node passes
	result := &extenderv1.ExtenderFilterResult{NodeNames: &kept}
	for _, node := range in.nodes {
		if exempt || !snapshot.Removing(node) {
			kept = append(kept, node)
			continue
		}
		if result.FailedAndUnresolvableNodes == nil {
			result.FailedAndUnresolvableNodes = extenderv1.FailedNodesMap{}
		}
		result.FailedAndUnresolvableNodes[node] = reasonRemoving
	}
	if in.full != nil {
		result.Nodes = without(in.full, result.FailedAndUnresolvableNodes)
	}
	reply(w, result)
}

// without is the list less the nodes that failed.
func without(list *corev1.NodeList, failed extenderv1.FailedNodesMap) *corev1.NodeList {
	kept := &corev1.NodeList{ListMeta: list.ListMeta, Items: make([]corev1.Node, 0, len(list.Items))}
	for i := range list.Items {
		if _, gone := failed[list.Items[i].Name]; !gone {
			kept.Items = append(kept.Items, list.Items[i])
		}
	}
	return kept
}
