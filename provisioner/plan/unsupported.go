package plan

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// unsupported names the first field of a pod that holds a hard constraint which the planner does not model, or "". For such a pod
// a new node might not help, so none is bought. The soft forms of the same constraints never block a pod and are not looked at.
func unsupported(pod *corev1.Pod) string {
	spec := &pod.Spec
	if a := spec.Affinity; a != nil {
		if a.PodAffinity != nil && len(a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution) > 0 {
			return "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution"
		}
		if a.PodAntiAffinity != nil && len(a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution) > 0 {
			return "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"
		}
	}
	for i := range spec.TopologySpreadConstraints {
		if spec.TopologySpreadConstraints[i].WhenUnsatisfiable != corev1.ScheduleAnyway {
			return fmt.Sprintf("spec.topologySpreadConstraints[%d]", i)
		}
	}
	if path := hostPort("spec.containers", spec.Containers); path != "" {
		return path
	}
	if path := hostPort("spec.initContainers", spec.InitContainers); path != "" {
		return path
	}
	for i := range spec.Volumes {
		if source := nodeBoundVolume(&spec.Volumes[i].VolumeSource); source != "" {
			return fmt.Sprintf("spec.volumes[%d].%s", i, source)
		}
	}
	if len(spec.ResourceClaims) > 0 {
		return "spec.resourceClaims[0]"
	}
	return ""
}

func hostPort(path string, containers []corev1.Container) string {
	for i := range containers {
		for j := range containers[i].Ports {
			if containers[i].Ports[j].HostPort > 0 {
				return fmt.Sprintf("%s[%d].ports[%d].hostPort", path, i, j)
			}
		}
	}
	return ""
}

// nodeBoundVolume names the source of a volume that ties its pod to some nodes: through a claim, or as a disk that one node at a
// time may use.
func nodeBoundVolume(source *corev1.VolumeSource) string {
	switch {
	case source.PersistentVolumeClaim != nil:
		return "persistentVolumeClaim"
	case source.Ephemeral != nil:
		return "ephemeral"
	case source.GCEPersistentDisk != nil:
		return "gcePersistentDisk"
	case source.AWSElasticBlockStore != nil:
		return "awsElasticBlockStore"
	case source.ISCSI != nil:
		return "iscsi"
	case source.RBD != nil:
		return "rbd"
	default:
		return ""
	}
}
