package controlplane_test

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
)

// bareNode makes a Node that nothing but kwok looks after, and removes it at the end of the test. Only pods that
// select the node's name are placed on it, so that tests do not use each other's nodes.
func bareNode(t *testing.T, cluster *controlplanetest.Cluster, name string) {
	t.Helper()
	capacity := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("4"),
		corev1.ResourceMemory: resource.MustParse("8Gi"),
		corev1.ResourcePods:   resource.MustParse("110"),
	}
	createNode(t, cluster, &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name:        name,
			Labels:      map[string]string{corev1.LabelHostname: name},
			Annotations: map[string]string{"kwok.x-k8s.io/node": "fake"},
		},
		Status: corev1.NodeStatus{Capacity: capacity, Allocatable: capacity},
	})
}

func createNode(t *testing.T, cluster *controlplanetest.Cluster, node *corev1.Node) {
	t.Helper()
	nodes := cluster.Client().CoreV1().Nodes()
	if _, err := nodes.Create(t.Context(), node, metav1.CreateOptions{}); err != nil {
		t.Fatalf("create node %s: %v", node.Name, err)
	}
	t.Cleanup(func() {
		if err := nodes.Delete(context.Background(), node.Name, metav1.DeleteOptions{}); err != nil {
			t.Errorf("delete node %s: %v", node.Name, err)
		}
	})
}

func podOn(node string) corev1.PodSpec {
	return corev1.PodSpec{
		NodeSelector: map[string]string{corev1.LabelHostname: node},
		Containers:   []corev1.Container{{Name: "app", Image: "app"}},
	}
}

func readyCondition(ctx context.Context, cluster *controlplanetest.Cluster, name string) (corev1.NodeCondition, error) {
	node, err := cluster.Client().CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return corev1.NodeCondition{}, err
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition, nil
		}
	}
	return corev1.NodeCondition{}, fmt.Errorf("node %s has no Ready condition", name)
}

func waitReady(t *testing.T, cluster *controlplanetest.Cluster, name string) {
	t.Helper()
	controlplanetest.Eventually(t, "node "+name+" to be ready", func(ctx context.Context) error {
		ready, err := readyCondition(ctx, cluster, name)
		if err == nil && ready.Status != corev1.ConditionTrue {
			err = fmt.Errorf("Ready=%s", ready.Status)
		}
		return err
	})
}

func TestBareNodeBecomesReadyWithoutALease(t *testing.T) {
	cluster := controlplanetest.Shared(t)
	bareNode(t, cluster, "lease-free")
	waitReady(t, cluster, "lease-free")

	_, err := cluster.Client().CoordinationV1().Leases(corev1.NamespaceNodeLease).Get(t.Context(), "lease-free", metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("lease of a bare node: got error %v, want not found: a machine's own lease would be fought over", err)
	}
}

func TestStatusOfANodeWithItsOwnKubeletIsLeftAlone(t *testing.T) {
	// given a machine that says it is not ready
	cluster := controlplanetest.Shared(t)
	says := corev1.NodeCondition{Type: corev1.NodeReady, Status: corev1.ConditionFalse, Reason: "MachineSaysSo"}
	createNode(t, cluster, &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name:        "own-kubelet",
			Annotations: map[string]string{"kwok.x-k8s.io/node": "fake", "vpsie-sim/kubelet": "true"},
		},
		Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{says}},
	})

	// when kwok has handled a node that came later
	bareNode(t, cluster, "came-later")
	waitReady(t, cluster, "came-later")

	// then the machine's word still stands
	ready, err := readyCondition(t.Context(), cluster, "own-kubelet")
	if err != nil {
		t.Fatal(err)
	}
	if ready.Status != says.Status || ready.Reason != says.Reason {
		t.Errorf("Ready of a node with its own kubelet: got %s (%s), want %s (%s)", ready.Status, ready.Reason, says.Status, says.Reason)
	}
}
