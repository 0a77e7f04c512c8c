package agreement

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/test/diary"
)

func TestASeedDrawsTheSameWorkload(t *testing.T) {
	for seed := range uint64(20) {
		first, again := Deployments(seed, 300), Deployments(seed, 300)
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("seed %d draws different workloads: %s", seed, diff)
		}
		pods, requests := int32(0), map[string]bool{}
		for _, deployment := range first {
			pods += *deployment.Spec.Replicas
			requests[deployment.Spec.Template.Spec.Containers[0].Resources.Requests.Cpu().String()] = true
		}
		if pods != 300 || len(first) < 5 || len(requests) < 3 {
			t.Errorf("seed %d draws %d pods in %d deployments of %d sizes, want 300 and a mixture", seed, pods, len(first), len(requests))
		}
	}
	if cmp.Equal(Deployments(1, 300), Deployments(2, 300)) {
		t.Error("two seeds draw the same")
	}
}

func machine(name string, age time.Duration, pods ...string) v1alpha1.VPSieNode {
	m := v1alpha1.VPSieNode{}
	m.Name, m.CreationTimestamp, m.Spec.Decision.Pods = name, metav1.NewTime(time.Unix(1000, 0).Add(-age)), pods
	return m
}

func TestOutcomeTellsRepeatedAndIdlePurchases(t *testing.T) {
	machines := map[string]v1alpha1.VPSieNode{}
	for _, m := range []v1alpha1.VPSieNode{
		machine("late", 0, "ns/b"), machine("first", time.Minute, "ns/a", "ns/b"), machine("other", time.Minute, "ns/c"),
	} {
		machines[m.Name] = m
	}
	refused := time.Unix(900, 0)
	pods := []diary.Entry{
		{Pod: "ns/a", Node: "first", Flagged: refused, Bound: refused.Add(time.Second)},
		{Pod: "ns/b", Node: "first", Bound: refused},
		{Pod: "ns/c", Node: "first", Flagged: refused, Bound: refused.Add(3 * time.Second)},
	}
	want := &Outcome{
		Agreement: diary.Agreement{Planned: 3, OnPlanned: 2}, Pods: 3, Bought: 3, Again: 1, Idle: 2,
		Waits: []time.Duration{time.Second, 3 * time.Second},
	}
	if diff := cmp.Diff(want, newOutcome(pods, machines)); diff != "" {
		t.Error(diff)
	}
}
