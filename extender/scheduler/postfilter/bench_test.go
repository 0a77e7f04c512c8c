package postfilter

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// largeCluster has 5,000 nodes that have too little of two resources.
func largeCluster(b *testing.B) ([]fwk.NodeInfo, *framework.NodeToStatus) {
	b.Helper()
	nodes, statuses := make([]*corev1.Node, 5000), framework.NewDefaultNodeToStatus()
	for i := range nodes {
		nodes[i] = &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("node-%04d", i)}}
		statuses.Set(nodes[i].Name, fwk.NewStatus(fwk.Unschedulable, "Insufficient cpu", "Insufficient memory").WithPlugin("NodeResourcesFit"))
	}
	list, err := cache.NewSnapshot(nil, nodes).NodeInfos().List()
	if err != nil {
		b.Fatal(err)
	}
	return list, statuses
}

// BenchmarkGroup is what the plugin costs the cycle of a pod that fits nowhere.
func BenchmarkGroup(b *testing.B) {
	nodes, statuses := largeCluster(b)
	for b.Loop() {
		group(nodes, statuses)
	}
}

// BenchmarkMark is what it costs beside the cycle when pods share a diagnosis.
func BenchmarkMark(b *testing.B) {
	groups := group(largeCluster(b))
	for b.Loop() {
		markOf(groups)
	}
}
