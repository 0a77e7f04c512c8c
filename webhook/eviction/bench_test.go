package eviction_test

import (
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// Size of the cluster that decisions are measured in.
const (
	benchNodes       = 5_000
	benchPods        = 100_000
	benchPerOwner    = 10
	benchBudgetEvery = 4 // every so many Deployments have a budget
	benchEvicted     = 1_000
	benchLimit       = 2_000
)

// largeWorld knows the whole cluster, and has evicted a thousand pods in the last minute, half of what it may.
func largeWorld(tb testing.TB) *world {
	tb.Helper()
	w := newWorld(benchLimit)
	for n := range benchNodes {
		w.index.Put(build.Node(fmt.Sprintf("n%d", n)).Ready().Obj())
	}
	for d := range benchPods / benchPerOwner {
		deployment, _ := web(benchPerOwner)
		deployment.Name, deployment.UID = fmt.Sprintf("web-%d", d), build.UID(fmt.Sprintf("web-%d", d))
		set := setOf(fmt.Sprintf("web-%d-1", d), benchPerOwner)
		set.OwnerReferences[0].UID = deployment.UID
		w.index.Put(deployment)
		w.index.Put(set)
		labels := map[string]string{"app": deployment.Name}
		if d%benchBudgetEvery == 0 {
			w.index.Put(budgetOf(deployment.Name, &metav1.LabelSelector{MatchLabels: labels}, 1))
		}
		w.putReplicas(d, set, labels)
	}
	for e := range benchEvicted {
		w.index.Put(marked(podOf("Job", "j", fmt.Sprintf("gone-%d", e))))
	}
	return w
}

// putReplicas makes the pods of one Deployment; those of every fifth ask for peace, and of every seventh one only is ready.
func (w *world) putReplicas(deployment int, set *appsv1.ReplicaSet, labels map[string]string) {
	for p := range benchPerOwner {
		number := deployment*benchPerOwner + p
		pod := podOf("ReplicaSet", set.Name, fmt.Sprintf("p%d", number))
		pod.Labels, pod.Spec.NodeName = labels, fmt.Sprintf("n%d", number%benchNodes)
		if deployment%5 == 0 {
			metav1.SetMetaDataAnnotation(&pod.ObjectMeta, v1alpha1.AnnotationDoNotDisrupt, "24h")
		}
		w.index.Put(serving(pod, deployment%7 != 0 || p == 0))
	}
}

// BenchmarkEviction measures one answer in a cluster of 5,000 nodes and 100,000 pods, 2,500 budgets of one namespace among them: the
// mean, and the 99th of 100.
func BenchmarkEviction(b *testing.B) {
	w := largeWorld(b)
	b.ReportAllocs()
	took := make([]time.Duration, 0, b.N)
	for n := 0; b.Loop(); n++ {
		start := time.Now()
		w.ask(b, fmt.Sprintf("p%d", n*7919%benchPods))
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkPut measures one change of a pod, with the heap that the whole cluster's objects and index take.
func BenchmarkPut(b *testing.B) {
	w := largeWorld(b)
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportAllocs()
	pod := podOf("ReplicaSet", "web-1-1", "p10")
	ready, unready := serving(pod, true), serving(pod, false)
	for b.Loop() {
		w.index.Put(unready)
		w.index.Put(ready)
	}
	b.ReportMetric(float64(memory.HeapAlloc>>20), "heap-MiB")
}

// BenchmarkEvictionAtOnce measures how many answers there are when many ask at the same time.
func BenchmarkEvictionAtOnce(b *testing.B) {
	w := largeWorld(b)
	w.handler.Decided = nil
	var next atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	b.SetParallelism(25)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			w.ask(b, fmt.Sprintf("p%d", next.Add(7919)%benchPods))
		}
	})
}
