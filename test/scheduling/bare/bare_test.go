package bare_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/vpsie/vpsie-autoscaler/test/scheduling/bare"
)

func TestRepeatDoesEachOnceAndEndsWithTheFirstError(t *testing.T) {
	var sum atomic.Int64
	err := bare.Repeat(t.Context(), 100, func(_ context.Context, i int) error {
		sum.Add(int64(i))
		return nil
	})
	if err != nil || sum.Load() != 99*100/2 {
		t.Errorf("got %v and a sum of %d, want each number below 100 once", err, sum.Load())
	}
	wrong := errors.New("wrong")
	var calls atomic.Int64
	err = bare.Repeat(t.Context(), 10_000, func(ctx context.Context, _ int) error {
		calls.Add(1)
		return wrong
	})
	if !errors.Is(err, wrong) || calls.Load() == 10_000 {
		t.Errorf("got %v after %d calls, want %v and an early end", err, calls.Load(), wrong)
	}
}

func TestNodesAndPodsAreMade(t *testing.T) {
	client := fake.NewClientset()
	if err := bare.CreateNodes(t.Context(), client, 20, func(i int) *corev1.Node { return bare.Played(bare.Node(i, "2", "4Gi")) }); err != nil {
		t.Fatal(err)
	}
	nodes, err := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil || len(nodes.Items) != 20 || nodes.Items[0].Status.Allocatable.Cpu().Value() != 2 {
		t.Errorf("got %d nodes, %v", len(nodes.Items), err)
	}
	err = bare.CreatePods(t.Context(), client, "ns", 20, func(i int) *corev1.Pod { return bare.Pod(bare.NodeName(i), "mine", "1", "1Gi") })
	if err != nil {
		t.Fatal(err)
	}
	pods, err := client.CoreV1().Pods("ns").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(pods.Items) != 20 || pods.Items[0].Spec.SchedulerName != "mine" {
		t.Errorf("got %d pods, %v", len(pods.Items), err)
	}
}

// A Node with a taint is not open to pods, and the wait for it ends with its context.
func TestAwaitUntainted(t *testing.T) {
	tainted := bare.Node(1, "1", "1Gi")
	tainted.Spec.Taints = []corev1.Taint{{Key: "node.kubernetes.io/not-ready", Effect: corev1.TaintEffectNoSchedule}}
	if err := bare.AwaitUntainted(t.Context(), fake.NewClientset(bare.Node(0, "1", "1Gi"))); err != nil {
		t.Error(err)
	}
	over, end := context.WithCancel(t.Context())
	end()
	if err := bare.AwaitUntainted(over, fake.NewClientset(tainted)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
