package snapshots_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/test/snapshots"
)

func TestSameSeedGivesSameCluster(t *testing.T) {
	for seed := range uint64(50) {
		a, b := snapshots.Random(seed, snapshots.Everything()), snapshots.Random(seed, snapshots.Everything())
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatalf("seed %d:\n%s", seed, diff)
		}
		if diff := cmp.Diff(a, snapshots.Clone(a)); diff != "" {
			t.Fatalf("seed %d: the clone differs:\n%s", seed, diff)
		}
	}
}

// feature is something that a rule of the scheduler looks at.
type feature struct {
	name string
	has  func(*corev1.Pod) bool
}

func TestClustersHaveEveryFeature(t *testing.T) {
	features := []feature{
		{"node affinity", func(p *corev1.Pod) bool { return p.Spec.Affinity != nil && p.Spec.Affinity.NodeAffinity != nil }},
		{"pod affinity", func(p *corev1.Pod) bool { return p.Spec.Affinity != nil && p.Spec.Affinity.PodAffinity != nil }},
		{"pod anti-affinity", func(p *corev1.Pod) bool { return p.Spec.Affinity != nil && p.Spec.Affinity.PodAntiAffinity != nil }},
		{"topology spread", func(p *corev1.Pod) bool { return len(p.Spec.TopologySpreadConstraints) > 0 }},
		{"tolerations", func(p *corev1.Pod) bool { return len(p.Spec.Tolerations) > 0 }},
		{"host ports", func(p *corev1.Pod) bool { return len(p.Spec.Containers[0].Ports) > 0 }},
		{"init containers", func(p *corev1.Pod) bool { return len(p.Spec.InitContainers) > 0 }},
		{"requests of the pod", func(p *corev1.Pod) bool { return p.Spec.Resources != nil }},
		{"overhead", func(p *corev1.Pod) bool { return len(p.Spec.Overhead) > 0 }},
		{"volumes", func(p *corev1.Pod) bool { return len(p.Spec.Volumes) > 0 }},
		{"gates", func(p *corev1.Pod) bool { return len(p.Spec.SchedulingGates) > 0 }},
		{"device claims", func(p *corev1.Pod) bool { return len(p.Spec.ResourceClaims) > 0 }},
	}
	count := map[string]int{}
	for seed := range uint64(200) {
		for _, pod := range snapshots.Random(seed, snapshots.Everything()).Pods {
			for _, f := range features {
				if f.has(pod) {
					count[f.name]++
				}
			}
		}
	}
	for _, f := range features {
		if count[f.name] < 20 {
			t.Errorf("%s: %d pods have it, want at least 20", f.name, count[f.name])
		}
	}
}

func TestShuffleKeepsTheCluster(t *testing.T) {
	s := snapshots.Random(3, snapshots.Everything())
	before := snapshots.Clone(s)
	shuffled := snapshots.Shuffle(s, 1)
	if !reflect.DeepEqual(before, s) {
		t.Error("the cluster itself has changed")
	}
	if len(shuffled.Pods) != len(s.Pods) || reflect.DeepEqual(shuffled.Pods, s.Pods) {
		t.Errorf("got %d pods in the same order, want the same %d in another order", len(shuffled.Pods), len(s.Pods))
	}
}

func TestShrinkLeavesOnlyWhatMatters(t *testing.T) {
	// given a cluster that fails as long as a pod with a host port and any node are there
	failing := func(s *plan.Snapshot) bool {
		for _, p := range s.Pods {
			if len(p.Spec.Containers[0].Ports) > 0 && len(s.Nodes) > 0 {
				return true
			}
		}
		return false
	}
	seed := uint64(0)
	for !failing(snapshots.Random(seed, snapshots.Everything())) {
		seed++
	}
	s := snapshots.Random(seed, snapshots.Everything())
	before := snapshots.Clone(s)

	// when it is shrunk
	small := snapshots.Shrink(s, failing)

	// then one bare pod and one bare node are left
	if !reflect.DeepEqual(before, s) {
		t.Error("the cluster itself has changed")
	}
	if len(small.Pods) != 1 || len(small.Nodes) != 1 || len(small.Groups)+len(small.Offerings)+len(small.Daemons)+len(small.Nodes[0].Pods) > 0 {
		t.Fatalf("seed %d: got\n%s", seed, snapshots.Describe(small))
	}
	if spec := small.Pods[0].Spec; spec.Affinity != nil || len(spec.Containers[0].Resources.Requests) > 0 || len(small.Nodes[0].Labels) > 0 {
		t.Errorf("seed %d: got\n%s", seed, snapshots.Describe(small))
	}
}

func TestDescribeKeepsSelectorsThatMatchEverything(t *testing.T) {
	pod := &corev1.Pod{}
	pod.Name = "p"
	pod.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{TopologyKey: "zone"}}}}
	s := &plan.Snapshot{Pods: []*corev1.Pod{pod}}
	if text := snapshots.Describe(s); strings.Contains(text, "elector") || strings.Contains(text, "Nodes") {
		t.Errorf("got\n%s, want no selector and no nodes", text)
	}
	pod.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].LabelSelector = &metav1.LabelSelector{}
	if text := snapshots.Describe(s); !strings.Contains(text, "labelSelector: {}") {
		t.Errorf("got\n%s, want labelSelector: {}", text)
	}
}
