package pod_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/workload"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
)

// largeStock has n nodes in 20 groups that may buy each of 100 offerings, with 10 DaemonSets.
func largeStock(n int) *pod.Stock {
	stock := &pod.Stock{}
	for i := range 100 {
		cpu, memory := 1<<(i%5), 2<<(i%7)
		stock.Offerings = append(stock.Offerings, offering(fmt.Sprintf("size-%d", i), "amsterdam", fmt.Sprint(cpu), fmt.Sprintf("%dGi", memory)))
	}
	for i := range 20 {
		group := build.NodeGroup(fmt.Sprintf("group-%d", i)).Datacenter("amsterdam").Label("pool", fmt.Sprint(i))
		if i > 0 {
			group.Taint("dedicated", fmt.Sprint(i), corev1.TaintEffectNoSchedule)
		}
		stock.Groups = append(stock.Groups, *group.Obj())
	}
	for i := range 10 {
		set := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: fmt.Sprint("daemon-", i)}}
		set.Spec.Template.Spec = build.Pod("").Requests("50m", "64Mi").Obj().Spec
		set.Spec.Template.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
		stock.Daemons = append(stock.Daemons, workload.DaemonPod(set))
	}
	for i := range n {
		sold, group := &stock.Offerings[i%100], &stock.Groups[i%20]
		node := build.Node(fmt.Sprintf("node-%d", i)).In(group.Name).Obj()
		for key, value := range sold.Labels {
			node.Labels[key] = value
		}
		node.Labels["pool"], node.Labels[v1alpha1.LabelVPSieNode] = group.Spec.Labels["pool"], node.Name
		node.Spec.Taints, node.Status.Allocatable = group.Spec.Taints, sold.Allocatable
		stock.Nodes = append(stock.Nodes, *node)
	}
	return stock
}

// offering is amd64 and on demand.
func offering(id, datacenter, cpu, memory string) plan.Offering {
	return plan.Offering{
		ID: id, Name: id, DatacenterID: datacenter, Price: 1,
		Labels: map[string]string{
			corev1.LabelArchStable: "amd64", corev1.LabelOSStable: "linux", corev1.LabelInstanceTypeStable: id,
			corev1.LabelTopologyZone: datacenter, corev1.LabelTopologyRegion: datacenter,
			v1alpha1.LabelCapacityType: "on-demand", v1alpha1.LabelOffering: id, v1alpha1.LabelDatacenter: datacenter,
		},
		Allocatable: corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory), corev1.ResourcePods: resource.MustParse("110"),
		},
	}
}

// askedPods are what the benchmarks ask about.
func askedPods() map[string]*corev1.Pod {
	pinned := build.Pod("p").Requests("1", "1Gi").Selects(corev1.LabelHostname, "node-7").Obj()
	somewhere := build.Pod("p").Requests("1", "1Gi").Obj()
	somewhere.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
		NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{
			{Key: corev1.LabelArchStable, Operator: corev1.NodeSelectorOpIn, Values: []string{"amd64"}},
			{Key: "pool", Operator: corev1.NodeSelectorOpExists},
		}}},
	}}}
	return map[string]*corev1.Pod{
		"fits":          build.Pod("p").Requests("1", "1Gi").Obj(),
		"affinity":      somewhere,
		"too large":     build.Pod("p").Requests("100", "1Gi").Obj(),
		"unknown label": build.Pod("p").Requests("1", "1Gi").Selects("pool", "99").Obj(),
		"untolerated":   build.Pod("p").Requests("1", "1Gi").Selects("pool", "7").Obj(),
		"by size":       build.Pod("p").Requests("1", "1Gi").Selects(corev1.LabelInstanceTypeStable, "size-7").Obj(),
		"pinned":        pinned,
	}
}

func BenchmarkExamine(b *testing.B) {
	for _, nodes := range []int{100, 5000} {
		supply := pod.NewSupply(largeStock(nodes))
		for name, asked := range askedPods() {
			b.Run(fmt.Sprintf("%s/%d nodes", name, nodes), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					pod.Examine(asked, supply)
				}
			})
		}
	}
}

func BenchmarkNewSupply(b *testing.B) {
	stock := largeStock(5000)
	for b.Loop() {
		pod.NewSupply(stock)
	}
}

// BenchmarkValidator asks through the handler, a mix of pods, and reports the slowest hundredth.
func BenchmarkValidator(b *testing.B) {
	stock := largeStock(5000)
	supply := pod.NewSupply(stock)
	scheme := newScheme(b)
	objects := fake.NewClientBuilder().WithScheme(scheme)
	for i := range stock.Groups {
		objects.WithObjects(&stock.Groups[i])
	}
	v := &pod.Validator{Reader: objects.Build(), Supply: func() *pod.Supply { return supply }, Decoder: admission.NewDecoder(scheme)}
	var requests []admission.Request
	for _, asked := range askedPods() {
		raw, err := json.Marshal(asked)
		if err != nil {
			b.Fatal(err)
		}
		requests = append(requests, admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
			Operation: admissionv1.Create, Namespace: "shop", Object: runtime.RawExtension{Raw: raw},
		}})
	}
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		start := time.Now()
		v.Handle(b.Context(), requests[i%len(requests)])
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}
