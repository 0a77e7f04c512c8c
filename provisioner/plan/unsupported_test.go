package plan_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// TestUnsupported gives a pod a constraint that is not modelled, beside a node with room and an offering that would do.
func TestUnsupported(t *testing.T) {
	terms := []corev1.PodAffinityTerm{{TopologyKey: corev1.LabelHostname}}
	weighted := []corev1.WeightedPodAffinityTerm{{Weight: 1, PodAffinityTerm: terms[0]}}
	port := func(p int32) []corev1.ContainerPort { return []corev1.ContainerPort{{ContainerPort: 80, HostPort: p}} }
	volume := func(source corev1.VolumeSource) []corev1.Volume {
		return []corev1.Volume{{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}, {Name: "v", VolumeSource: source}}
	}
	spread := func(action corev1.UnsatisfiableConstraintAction) []corev1.TopologySpreadConstraint {
		return []corev1.TopologySpreadConstraint{{MaxSkew: 1, TopologyKey: corev1.LabelTopologyZone, WhenUnsatisfiable: action}}
	}
	tests := []struct {
		name  string
		path  string // empty when the pod is supported
		build func(*corev1.PodSpec)
	}{
		{"required pod affinity", "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution",
			func(s *corev1.PodSpec) {
				s.Affinity = &corev1.Affinity{PodAffinity: &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: terms}}
			}},
		{"required pod anti-affinity", "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution",
			func(s *corev1.PodSpec) {
				s.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: terms}}
			}},
		{"preferred pod anti-affinity", "",
			func(s *corev1.PodSpec) {
				s.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{PreferredDuringSchedulingIgnoredDuringExecution: weighted}}
			}},
		{"hard topology spread", "spec.topologySpreadConstraints[0]",
			func(s *corev1.PodSpec) { s.TopologySpreadConstraints = spread(corev1.DoNotSchedule) }},
		{"soft topology spread", "",
			func(s *corev1.PodSpec) { s.TopologySpreadConstraints = spread(corev1.ScheduleAnyway) }},
		{"host port", "spec.containers[0].ports[0].hostPort",
			func(s *corev1.PodSpec) { s.Containers[0].Ports = port(80) }},
		{"host port of an init container", "spec.initContainers[0].ports[0].hostPort",
			func(s *corev1.PodSpec) { s.InitContainers = []corev1.Container{{Name: "i", Ports: port(80)}} }},
		{"container port", "",
			func(s *corev1.PodSpec) { s.Containers[0].Ports = port(0) }},
		{"volume claim", "spec.volumes[1].persistentVolumeClaim",
			func(s *corev1.PodSpec) {
				s.Volumes = volume(corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "c"}})
			}},
		{"ephemeral volume", "spec.volumes[1].ephemeral",
			func(s *corev1.PodSpec) {
				s.Volumes = volume(corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}})
			}},
		{"disk that one node at a time may use", "spec.volumes[1].rbd",
			func(s *corev1.PodSpec) { s.Volumes = volume(corev1.VolumeSource{RBD: &corev1.RBDVolumeSource{}}) }},
		{"config map volume", "",
			func(s *corev1.PodSpec) {
				s.Volumes = volume(corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{}})
			}},
		{"resource claim", "spec.resourceClaims[0]",
			func(s *corev1.PodSpec) { s.ResourceClaims = []corev1.PodResourceClaim{{Name: "gpu"}} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			waiting := pod("p", resources("cpu", "1"), func(p *corev1.Pod) { tt.build(&p.Spec) })
			got := plan.Make(&plan.Snapshot{Pods: []*corev1.Pod{waiting}, Nodes: []plan.Node{node("n", nil)},
				Groups: []plan.Group{group("g", nil)}, Offerings: []plan.Offering{offering("o", "4", "16Gi", cents(1))}})
			if tt.path == "" {
				if len(got.Placed) != 1 {
					t.Errorf("placed: got %d pods, want 1; left: %v", len(got.Placed), got.Left)
				}
				return
			}
			left := onlyLeft(t, got)
			if left.Reason != plan.ReasonUnsupported || !strings.Contains(left.Message, tt.path) {
				t.Errorf("left: got %s %q, want %s naming %s", left.Reason, left.Message, plan.ReasonUnsupported, tt.path)
			}
			if len(got.NewNodes) != 0 {
				t.Errorf("nodes bought: got %v, want none", bought(got))
			}
		})
	}
}
