package planner

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type option func(*corev1.Pod)

func contains(err error, text string) bool { return strings.Contains(err.Error(), text) }

func asking(pairs ...string) option {
	return func(p *corev1.Pod) { p.Spec.Containers[0].Resources.Requests = list(pairs...) }
}

func initContainer(sidecar bool, pairs ...string) option {
	return func(p *corev1.Pod) {
		c := corev1.Container{Name: "init", Resources: corev1.ResourceRequirements{Requests: list(pairs...)}}
		if sidecar {
			always := corev1.ContainerRestartPolicyAlways
			c.RestartPolicy = &always
		}
		p.Spec.InitContainers = append(p.Spec.InitContainers, c)
	}
}

func labelled(key, value string) option { return func(p *corev1.Pod) { p.Labels[key] = value } }

func inNamespace(name string) option { return func(p *corev1.Pod) { p.Namespace = name } }

func selecting(key, value string) option {
	return func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{key: value} }
}

// requiring sets required node affinity with one term for each requirement.
func requiring(requirements ...corev1.NodeSelectorRequirement) option {
	return func(p *corev1.Pod) {
		selector := &corev1.NodeSelector{}
		for _, r := range requirements {
			term := corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{r}}
			if r.Key == "metadata.name" {
				term = corev1.NodeSelectorTerm{MatchFields: []corev1.NodeSelectorRequirement{r}}
			}
			selector.NodeSelectorTerms = append(selector.NodeSelectorTerms, term)
		}
		p.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: selector}}
	}
}

func tolerating(key string) option {
	return func(p *corev1.Pod) {
		p.Spec.Tolerations = append(p.Spec.Tolerations, corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists})
	}
}

func onPort(port int32, ip string, protocol corev1.Protocol) option {
	return func(p *corev1.Pod) {
		p.Spec.Containers[0].Ports = append(p.Spec.Containers[0].Ports,
			corev1.ContainerPort{HostPort: port, ContainerPort: port, HostIP: ip, Protocol: protocol})
	}
}

func like(key, value string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
}

type termOption func(*corev1.PodAffinityTerm)

func termOf(key string, selector *metav1.LabelSelector, options []termOption) []corev1.PodAffinityTerm {
	term := corev1.PodAffinityTerm{TopologyKey: key, LabelSelector: selector}
	for _, o := range options {
		o(&term)
	}
	return []corev1.PodAffinityTerm{term}
}

func near(key string, selector *metav1.LabelSelector, options ...termOption) option {
	return func(p *corev1.Pod) {
		p.Spec.Affinity = &corev1.Affinity{PodAffinity: &corev1.PodAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: termOf(key, selector, options)}}
	}
}

func apart(key string, selector *metav1.LabelSelector, options ...termOption) option {
	return func(p *corev1.Pod) {
		p.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: termOf(key, selector, options)}}
	}
}

type spreadOption func(*corev1.TopologySpreadConstraint)

func spreading(key string, maxSkew int32, selector *metav1.LabelSelector, options ...spreadOption) option {
	return func(p *corev1.Pod) {
		c := corev1.TopologySpreadConstraint{TopologyKey: key, MaxSkew: maxSkew, WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: selector}
		for _, o := range options {
			o(&c)
		}
		p.Spec.TopologySpreadConstraints = append(p.Spec.TopologySpreadConstraints, c)
	}
}

func mounting(claim string) option {
	return func(p *corev1.Pod) {
		p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: claim, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim}}})
	}
}

func withVolume(source corev1.VolumeSource) option {
	return func(p *corev1.Pod) {
		p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: "v", VolumeSource: source})
	}
}

func prioritised(priority int32) option { return func(p *corev1.Pod) { p.Spec.Priority = &priority } }

func flagged() option {
	return func(p *corev1.Pod) {
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable}}
	}
}

func terminating() option {
	return func(p *corev1.Pod) { now := metav1.Unix(1_767_000_000, 0); p.DeletionTimestamp = &now }
}
