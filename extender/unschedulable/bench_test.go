package unschedulable_test

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/extender/unschedulable"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// waitingCrowd is a detector of so many pods of 500 owners, of each of which one is refused, and the pods.
func waitingCrowd(b *testing.B, size int) (*podCache, *unschedulable.Detector) {
	b.Helper()
	pods := &podCache{}
	d, err := unschedulable.NewDetector(b.Context(), pods, rules)
	if err != nil {
		b.Fatal(err)
	}
	for i := range size {
		builder := build.Pod(fmt.Sprint("p", i)).OwnedBy("ReplicaSet", fmt.Sprint("owner-", i%500))
		if i < 500 {
			builder = builder.Unschedulable()
		}
		pods.put(builder.Obj())
	}
	return pods, d
}

// BenchmarkPending lists a crowd that waits.
func BenchmarkPending(b *testing.B) {
	for _, size := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(size, " pods"), func(b *testing.B) {
			_, d := waitingCrowd(b, size)
			b.ReportAllocs()
			for b.Loop() {
				pods, err := d.Pending(b.Context())
				if err != nil || len(pods) != size {
					b.Fatalf("%d pods, error %v", len(pods), err)
				}
			}
		})
	}
}

// BenchmarkVerdict takes over one verdict of the scheduler.
func BenchmarkVerdict(b *testing.B) {
	pods, d := waitingCrowd(b, 10_000)
	fresh := make([]*corev1.Pod, 0, len(pods.pods))
	for _, pod := range pods.pods {
		fresh = append(fresh, pod)
	}
	refused := make([]*corev1.Pod, len(fresh))
	for i, pod := range fresh {
		refused[i] = refuse(pod)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		at := i / 2 % len(fresh)
		if i%2 == 0 {
			pods.handler.OnUpdate(fresh[at], refused[at])
		} else {
			pods.handler.OnUpdate(refused[at], fresh[at])
		}
	}
	_ = signalled(d)
}

// BenchmarkReceive is the arrival of a report on 500 pods of a cluster with 5,000 nodes.
func BenchmarkReceive(b *testing.B) {
	pods := &podCache{}
	d, err := unschedulable.NewDetector(b.Context(), pods, rules)
	if err != nil {
		b.Fatal(err)
	}
	report := wide("0", 0)
	for i := range 500 {
		name := fmt.Sprint(i)
		pods.put(unjudged(name).Obj())
		if i > 0 {
			report.Pods = append(report.Pods, about(name).Pods...)
		}
	}
	for b.Loop() {
		d.Receive(report)
	}
}
