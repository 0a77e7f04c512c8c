package nodegroup

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/groups"
)

// checkRoom refuses a group whose nodes the DaemonSets would fill: no pod could ever bring one of them into being. It asks the planner,
// which is who would have to find the room.
func checkRoom(group *v1alpha1.NodeGroup, s *Surroundings) ([]string, field.ErrorList) {
	if s.Market == nil || len(s.Daemons) == 0 {
		return nil, nil
	}
	growing := groups.Of(group)
	growing.Max, growing.ScaleUp = 1, true
	made := plan.Make(&plan.Snapshot{
		Pods: []*corev1.Pod{tiny()}, Daemons: s.Daemons,
		Groups: []plan.Group{growing}, Offerings: s.Market.Offerings[group.Spec.DatacenterID],
	})
	if len(made.Left) == 0 || made.Left[0].Reason != plan.ReasonTooLarge {
		return nil, nil
	}
	path := field.NewPath("spec", "offeringIDs")
	detail := fmt.Sprintf("the DaemonSets leave no room for other pods on the largest of them (a pod of 10m CPU and 16Mi memory %s): "+
		"allow a larger offering, or keep DaemonSets off by taints; the largest of the cluster are %s", made.Left[0].Message, few(largestFirst(s.Daemons)))
	if s.Before != nil && sameNodes(&s.Before.Spec, &group.Spec) {
		return []string{fmt.Sprintf("%s: %s", path, detail)}, nil
	}
	return nil, field.ErrorList{field.Invalid(path, group.Spec.OfferingIDs, detail)}
}

// tiny is a pod that would run on any node of the group.
func tiny() *corev1.Pod {
	pod := &corev1.Pod{}
	pod.Namespace, pod.Name = "default", "smallest"
	pod.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
	pod.Spec.Containers = []corev1.Container{{Name: "smallest", Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("10m"), corev1.ResourceMemory: resource.MustParse("16Mi"),
	}}}}
	return pod
}

// sameNodes tells whether new nodes would be as they were.
func sameNodes(before, after *v1alpha1.NodeGroupSpec) bool {
	return slices.Equal(before.OfferingIDs, after.OfferingIDs) && maps.Equal(before.Labels, after.Labels) &&
		equality.Semantic.DeepEqual(before.Taints, after.Taints)
}

// largestFirst names DaemonSets with what they ask for, those with the most memory first.
func largestFirst(daemons []*corev1.Pod) []string {
	sorted := slices.Clone(daemons)
	slices.SortStableFunc(sorted, func(a, b *corev1.Pod) int {
		ofA, ofB := requests(a), requests(b)
		return ofB.Memory().Cmp(*ofA.Memory())
	})
	names := make([]string, 0, len(sorted))
	for _, pod := range sorted {
		wants := requests(pod)
		names = append(names, fmt.Sprintf("%s/%s (%s CPU, %s)", pod.Namespace, pod.Name, wants.Cpu(), wants.Memory()))
	}
	return names
}

func requests(pod *corev1.Pod) corev1.ResourceList {
	return resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{})
}
