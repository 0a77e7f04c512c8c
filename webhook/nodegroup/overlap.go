package nodegroup

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// checkOverlap warns of groups that nothing tells apart: a pod that fits one fits the other, at the same price and with the same
// priority, and which of them grows is left to chance.
func checkOverlap(group *v1alpha1.NodeGroup, s *Surroundings) ([]string, field.ErrorList) {
	var same []string
	for i := range s.Groups {
		other := &s.Groups[i]
		itself := other.Namespace == group.Namespace && other.Name == group.Name
		if !itself && other.DeletionTimestamp == nil && overlap(&group.Spec, &other.Spec) {
			same = append(same, other.Namespace+"/"+other.Name)
		}
	}
	if len(same) == 0 {
		return nil, nil
	}
	slices.Sort(same)
	return []string{fmt.Sprintf("labels, taints, priority and offerings do not tell the group from %s: change one of them, or merge the groups", few(same))}, nil
}

func overlap(a, b *v1alpha1.NodeGroupSpec) bool {
	return a.DatacenterID == b.DatacenterID && a.Priority == b.Priority && maps.Equal(a.Labels, b.Labels) &&
		slices.Equal(taintsOf(a), taintsOf(b)) && shareOfferings(a.OfferingIDs, b.OfferingIDs)
}

// taintsOf are the taints in an order of their own.
func taintsOf(spec *v1alpha1.NodeGroupSpec) []string {
	texts := make([]string, 0, len(spec.Taints))
	for i := range spec.Taints {
		taint := corev1.Taint{Key: spec.Taints[i].Key, Value: spec.Taints[i].Value, Effect: spec.Taints[i].Effect}
		texts = append(texts, taint.ToString())
	}
	slices.Sort(texts)
	return texts
}

// shareOfferings tells whether both may buy the same. An empty list allows everything.
func shareOfferings(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(id string) bool { return slices.Contains(b, id) })
}
