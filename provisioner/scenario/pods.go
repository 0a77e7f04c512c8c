package scenario

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

func takePod(e *element) {
	pod := takeObject[corev1.Pod](e, "v1", "Pod", true)
	if pod == nil {
		return
	}
	e.checkPodSpec(&pod.Spec, "spec")
	workload.Complete(pod)
	if pod.Spec.NodeName != "" {
		c := &e.reader.cluster
		c.bound = append(c.bound, boundPod{pod: pod, at: e.spot("spec", "nodeName")})
		return
	}
	snapshot := &e.reader.scenario.Snapshot
	snapshot.Pods = append(snapshot.Pods, pod)
}

// checkPodSpec reports what the API server would refuse and the planner would read as something else. The steps lead to the spec.
func (e *element) checkPodSpec(spec *corev1.PodSpec, steps ...any) {
	wrong := below(e.wrong, steps...)
	if len(spec.Containers) == 0 {
		wrong("the pod has no container: add one with its requests", "containers")
	}
	checkPorts(spec.Containers, below(wrong, "containers"))
	checkPorts(spec.InitContainers, below(wrong, "initContainers"))
	for i := range spec.TopologySpreadConstraints {
		checkSpread(&spec.TopologySpreadConstraints[i], below(wrong, "topologySpreadConstraints", i))
	}
	for i := range spec.Tolerations {
		t := &spec.Tolerations[i]
		oneOf(string(t.Operator), below(wrong, "tolerations", i, "operator"), "", "Exists", "Equal", "Lt", "Gt")
		oneOf(string(t.Effect), below(wrong, "tolerations", i, "effect"), "", "NoSchedule", "PreferNoSchedule", "NoExecute")
	}
	if spec.Affinity != nil {
		checkAffinity(spec.Affinity, wrong)
	}
}

// wrongFunc reports a fault of the value at the steps.
type wrongFunc func(message string, steps ...any)

// below reports what is wrong further down.
func below(wrong wrongFunc, steps ...any) wrongFunc {
	return func(message string, more ...any) { wrong(message, slices.Concat(steps, more)...) }
}

// oneOf reports a word that is none of those known. The first of them may be empty: nothing need be said.
func oneOf(word string, wrong wrongFunc, known ...string) {
	if !slices.Contains(known, word) {
		wrong(fmt.Sprintf("%q: want %s", word, strings.TrimPrefix(strings.Join(known, ", "), ", ")))
	}
}

func checkPorts(containers []corev1.Container, wrong wrongFunc) {
	for i := range containers {
		for j, port := range containers[i].Ports {
			if port.HostPort < 0 || port.HostPort > 65535 {
				wrong(fmt.Sprintf("%d: want a port from 0 to 65535", port.HostPort), i, "ports", j, "hostPort")
			}
		}
	}
}

func checkSpread(c *corev1.TopologySpreadConstraint, wrong wrongFunc) {
	if c.MaxSkew < 1 {
		wrong(fmt.Sprintf("%d: want 1 or more", c.MaxSkew), "maxSkew")
	}
	if c.TopologyKey == "" {
		wrong("want the key of a label of nodes, such as topology.kubernetes.io/zone", "topologyKey")
	}
	if c.MinDomains != nil && *c.MinDomains < 1 {
		wrong(fmt.Sprintf("%d: want 1 or more", *c.MinDomains), "minDomains")
	}
	oneOf(string(c.WhenUnsatisfiable), below(wrong, "whenUnsatisfiable"), "DoNotSchedule", "ScheduleAnyway")
	if message := badSelector(c.LabelSelector); message != "" {
		wrong(message, "labelSelector")
	}
}

func badSelector(selector *metav1.LabelSelector) string {
	if selector == nil || len(selector.MatchExpressions) == 0 && len(selector.MatchLabels) == 0 {
		return ""
	}
	if _, err := metav1.LabelSelectorAsSelector(selector); err != nil {
		return err.Error()
	}
	return ""
}
