package snapshots

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// addNodeRules draws where the pod may run: selector, required affinity and tolerations.
func (d *dice) addNodeRules(pod *corev1.Pod) {
	if d.one(6) {
		pod.Spec.NodeSelector = map[string]string{disk: pick(d, "ssd", "hdd")}
	}
	if d.one(8) {
		if pod.Spec.NodeSelector == nil {
			pod.Spec.NodeSelector = map[string]string{}
		}
		pod.Spec.NodeSelector[corev1.LabelTopologyZone] = pick(d, zones...)
	}
	for d.one(3) {
		t := d.toleration()
		if !slices.ContainsFunc(pod.Spec.Tolerations, func(have corev1.Toleration) bool { return have.MatchToleration(&t) }) {
			pod.Spec.Tolerations = append(pod.Spec.Tolerations, t)
		}
	}
	if d.one(6) {
		selector := &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{d.nodeTerm()}}
		for d.one(2) {
			selector.NodeSelectorTerms = append(selector.NodeSelectorTerms, d.nodeTerm())
		}
		nodeAffinity(pod).RequiredDuringSchedulingIgnoredDuringExecution = selector
	}
}

func nodeAffinity(pod *corev1.Pod) *corev1.NodeAffinity {
	a := affinity(pod)
	if a.NodeAffinity == nil {
		a.NodeAffinity = &corev1.NodeAffinity{}
	}
	return a.NodeAffinity
}

func affinity(pod *corev1.Pod) *corev1.Affinity {
	if pod.Spec.Affinity == nil {
		pod.Spec.Affinity = &corev1.Affinity{}
	}
	return pod.Spec.Affinity
}

func (d *dice) toleration() corev1.Toleration {
	t := corev1.Toleration{Key: fmt.Sprint("t", d.IntN(2)), Operator: corev1.TolerationOpEqual, Value: fmt.Sprint("v", d.IntN(2))}
	if d.one(2) {
		t.Operator, t.Value = corev1.TolerationOpExists, ""
	}
	if d.one(5) {
		t.Key, t.Operator, t.Value = "", corev1.TolerationOpExists, ""
	}
	if d.one(3) {
		t.Effect = pick(d, corev1.TaintEffectNoSchedule, corev1.TaintEffectNoExecute)
	}
	if d.one(8) {
		t.Key, t.Operator, t.Value, t.Effect = corev1.TaintNodeUnschedulable, corev1.TolerationOpExists, "", corev1.TaintEffectNoSchedule
	}
	return t
}

func (d *dice) nodeTerm() corev1.NodeSelectorTerm {
	var term corev1.NodeSelectorTerm
	if d.one(5) {
		term.MatchFields = []corev1.NodeSelectorRequirement{{Key: "metadata.name",
			Operator: pick(d, corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn), Values: []string{fmt.Sprint("n", d.IntN(4))}}}
		if d.one(2) {
			return term
		}
	}
	term.MatchExpressions = []corev1.NodeSelectorRequirement{d.nodeRequirement()}
	if d.one(3) {
		term.MatchExpressions = append(term.MatchExpressions, d.nodeRequirement())
	}
	return term
}

func (d *dice) nodeRequirement() corev1.NodeSelectorRequirement {
	key := pick(d, disk, corev1.LabelTopologyZone, rack, corev1.LabelHostname, corev1.LabelArchStable)
	values := map[string][]string{disk: {"ssd", "hdd"}, corev1.LabelTopologyZone: zones, rack: {"a0", "a1", "b0"},
		corev1.LabelHostname: {"n0", "n1", "n2"}, corev1.LabelArchStable: {"amd64", "arm64"}}[key]
	switch d.IntN(6) {
	case 0:
		return corev1.NodeSelectorRequirement{Key: key, Operator: corev1.NodeSelectorOpExists}
	case 1:
		return corev1.NodeSelectorRequirement{Key: key, Operator: corev1.NodeSelectorOpDoesNotExist}
	case 2:
		return corev1.NodeSelectorRequirement{Key: level, Operator: pick(d, corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt),
			Values: []string{fmt.Sprint(1 + d.IntN(4))}}
	case 3:
		return corev1.NodeSelectorRequirement{Key: key, Operator: corev1.NodeSelectorOpNotIn, Values: some(d, values...)}
	default:
		return corev1.NodeSelectorRequirement{Key: key, Operator: corev1.NodeSelectorOpIn, Values: some(d, values...)}
	}
}

// addHostPorts opens ports of the node, no two alike within the pod. Sidecars may hold them too.
func (d *dice) addHostPorts(pod *corev1.Pod) {
	port := corev1.ContainerPort{Protocol: pick(d, corev1.ProtocolTCP, corev1.ProtocolTCP, corev1.ProtocolUDP), HostPort: int32(8000 + d.IntN(2)),
		HostIP: pick(d, "", "", "0.0.0.0", "10.0.0.1", "10.0.0.2")}
	port.ContainerPort = port.HostPort
	container := &pod.Spec.Containers[0]
	if len(pod.Spec.InitContainers) > 0 && d.one(2) {
		container = &pod.Spec.InitContainers[0]
	}
	container.Ports = []corev1.ContainerPort{port}
	if d.one(4) {
		port.HostPort, port.ContainerPort = 8005, 8005
		container.Ports = append(container.Ports, port)
	}
}
