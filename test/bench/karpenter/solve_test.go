package karpenter_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/test/bench/karpenter"
	"github.com/vpsie/vpsie-autoscaler/test/bench/scenarios"
)

// market has one plan in two zones, of which b is dearer.
func market() []scenarios.Offering {
	var offerings []scenarios.Offering
	for zone, price := range map[string]float64{"a": 0.1, "b": 0.2} {
		offerings = append(offerings, scenarios.Offering{
			ID: "small." + zone, Plan: "small", MilliCPU: 2000, MemoryMiB: 4096, Pods: 110, PriceHourly: price,
			Labels:   map[string]string{corev1.LabelArchStable: "amd64", corev1.LabelTopologyZone: zone},
			Overhead: scenarios.Overhead{MilliCPU: 500, MemoryMiB: 1024, Pods: 10},
		})
	}
	return offerings
}

func pod(name, cpu, zone string) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID(name)},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu)},
		}}}},
		Status: corev1.PodStatus{Phase: corev1.PodPending},
	}
	if zone != "" {
		p.Spec.NodeSelector = map[string]string{corev1.LabelTopologyZone: zone}
	}
	return p
}

func TestMachinesOfASolution(t *testing.T) {
	tests := map[string]struct {
		pods []*corev1.Pod
		want []karpenter.Node
	}{
		"the cheapest zone when any will do": {
			[]*corev1.Pod{pod("p", "1", "")}, []karpenter.Node{{OfferingID: "small.a", Pods: []string{"default/p"}}}},
		"the zone that a pod asks for": {
			[]*corev1.Pod{pod("p", "1", "b")}, []karpenter.Node{{OfferingID: "small.b", Pods: []string{"default/p"}}}},
		"all that the overhead leaves can be used": {
			[]*corev1.Pod{pod("p", "1500m", "")}, []karpenter.Node{{OfferingID: "small.a", Pods: []string{"default/p"}}}},
		"and no more": {[]*corev1.Pod{pod("p", "1501m", "")}, []karpenter.Node{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			// when
			solution, err := karpenter.Prepare(&scenarios.Scenario{Offerings: market(), Pods: test.pods}).Solve(time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			got, err := solution.Nodes()
			if err != nil {
				t.Fatal(err)
			}
			// then
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("machines (-want +got):\n%s", diff)
			}
			if solution.Unfinished {
				t.Error("the run counts as stopped")
			}
		})
	}
}
