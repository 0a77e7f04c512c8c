package plan_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// TestRequests puts one pod before a node with 4 cores, 16Gi and 10 pod slots.
func TestRequests(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	container := func(name, cpu string) corev1.Container {
		return corev1.Container{Name: name, Resources: corev1.ResourceRequirements{Requests: resources("cpu", cpu)}}
	}
	sidecar := func(name, cpu string) corev1.Container {
		c := container(name, cpu)
		c.RestartPolicy = &always
		return c
	}
	with := func(change func(*corev1.Pod)) *corev1.Pod { return pod("p", resources("cpu", "2"), change) }
	tests := []struct {
		name string
		pod  *corev1.Pod
		want bool
	}{
		{"exactly all of the node", pod("p", resources("cpu", "4", "memory", "16Gi")), true},
		{"a thousandth of a core too much", pod("p", resources("cpu", "4001m")), false},
		{"a part of a thousandth counts as a whole one", pod("p", resources("cpu", "4000100u")), false},
		{"a byte too much", pod("p", resources("memory", "17179869185")), false},
		{"no requests at all", pod("p", nil), true},
		{"a resource that the node does not have", pod("p", resources("example.com/gpu", "1")), false},
		{"none of a resource that the node does not have", pod("p", resources("example.com/gpu", "0")), true},
		{"more than a number can hold", pod("p", resources("cpu", "9E", "memory", "9E")), false},
		{"two containers together", with(func(p *corev1.Pod) { p.Spec.Containers = append(p.Spec.Containers, container("d", "3")) }), false},
		{"an init container larger than the node", with(func(p *corev1.Pod) { p.Spec.InitContainers = []corev1.Container{container("i", "5")} }), false},
		{"an init container beside nothing else", with(func(p *corev1.Pod) { p.Spec.InitContainers = []corev1.Container{container("i", "4")} }), true},
		{"a sidecar beside the container", with(func(p *corev1.Pod) { p.Spec.InitContainers = []corev1.Container{sidecar("s", "3")} }), false},
		{"a sidecar that started before an init container", with(func(p *corev1.Pod) {
			p.Spec.InitContainers = []corev1.Container{sidecar("s", "1"), container("i", "4")}
		}), false},
		{"a sidecar that starts after an init container", with(func(p *corev1.Pod) {
			p.Spec.InitContainers = []corev1.Container{container("i", "4"), sidecar("s", "1")}
		}), true},
		{"overhead", with(func(p *corev1.Pod) { p.Spec.Overhead = resources("cpu", "2500m") }), false},
		{"pod-level requests replace those of the containers", with(func(p *corev1.Pod) {
			p.Spec.Resources = &corev1.ResourceRequirements{Requests: resources("cpu", "5")}
		}), false},
		{"what the kubelet has allocated counts when it is more", with(func(p *corev1.Pod) {
			p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "c", AllocatedResources: resources("cpu", "5")}}
		}), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := plan.Make(&plan.Snapshot{Pods: []*corev1.Pod{tt.pod}, Nodes: []plan.Node{node("n", nil)}})
			if placed := len(got.Placed) == 1; placed != tt.want {
				t.Errorf("placed: got %v, want %v", placed, tt.want)
			}
		})
	}
}

func TestRoomOfNode(t *testing.T) {
	finished := func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }
	tests := []struct {
		name    string
		running []*corev1.Pod
		waiting *corev1.Pod
		want    bool
	}{
		{"running pods take room", []*corev1.Pod{pod("r", resources("cpu", "3"))}, pod("p", resources("cpu", "2")), false},
		{"what they leave is enough", []*corev1.Pod{pod("r", resources("cpu", "2"))}, pod("p", resources("cpu", "2")), true},
		{"finished pods take none", []*corev1.Pod{pod("r", resources("cpu", "3"), finished)}, pod("p", resources("cpu", "2")), true},
		{"too much promised of one resource does not count for a pod that asks for another",
			[]*corev1.Pod{pod("r", resources("cpu", "5"))}, pod("p", resources("memory", "1Gi")), true},
		{"no pod slot is left", manyPods(10, nil), pod("p", nil), false},
		{"one pod slot is left", manyPods(9, nil), pod("p", nil), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := plan.Make(&plan.Snapshot{Pods: []*corev1.Pod{tt.waiting},
				Nodes: []plan.Node{node("n", func(n *plan.Node) { n.Pods = tt.running })}})
			if placed := len(got.Placed) == 1; placed != tt.want {
				t.Errorf("placed: got %v, want %v", placed, tt.want)
			}
		})
	}
}
