package extender_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

// BenchmarkPrioritize measures one request from its body to its answer, the network left out. The scheduler sends at most 500
// names of a cluster of 5000 nodes; 5000 names stand for percentageOfNodesToScore: 100.
func BenchmarkPrioritize(b *testing.B) {
	for _, size := range []int{500, 1000, 5000} {
		b.Run(fmt.Sprintf("names=%d", size), func(b *testing.B) {
			handler, body := benchmarkCluster(b, size)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			took := make([]time.Duration, 0, 1024)
			for b.Loop() {
				start := time.Now()
				if status, answer := post(handler, "prioritize", body); status != 200 {
					b.Fatal(status, answer)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

// BenchmarkNewSnapshot measures what a change of the cluster costs, at most ten times a second.
func BenchmarkNewSnapshot(b *testing.B) {
	nodes, plans := benchmarkNodes(5000)
	b.ReportAllocs()
	for b.Loop() {
		score.NewSnapshot(nodes, plans)
	}
}

func benchmarkCluster(b *testing.B, size int) (handler http.Handler, body []byte) {
	nodes, plans := benchmarkNodes(size)
	request := names()
	request.Pod.Spec.Containers = []corev1.Container{{
		Name: "app", Image: "registry.example.com/shop/cart:1.2.3",
		Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse("500m"), corev1.ResourceMemory: resource.MustParse("512Mi"),
		}},
	}}
	for i := range size {
		*request.NodeNames = append(*request.NodeNames, nodeName(i))
	}
	return newHandler(b, score.NewSnapshot(nodes, plans), everyVerb), encode(b, request)
}

func benchmarkNodes(size int) (map[string]score.Node, []score.Plan) {
	nodes := make(map[string]score.Node, size)
	var plans []score.Plan
	for i := range size {
		nodes[nodeName(i)] = score.Node{
			Allocatable: score.Amount{MilliCPU: 4000, Memory: 16 << 30},
			Requested:   score.Amount{MilliCPU: int64(i % 4000), Memory: int64(i%16) << 30},
			Price:       60_000_000,
			Removing:    i%50 == 0,
		}
		if i%10 == 0 {
			plans = append(plans, score.Plan{Node: nodeName(i), Pods: []string{fmt.Sprintf("shop/cart-%d", i)}})
		}
	}
	return nodes, plans
}

func nodeName(i int) string { return fmt.Sprintf("general-purpose-frankfurt-%05d", i) }
