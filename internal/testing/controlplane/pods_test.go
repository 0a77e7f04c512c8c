package controlplane_test

import (
	"context"
	"fmt"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
)

func TestDeploymentRunsOnABareNode(t *testing.T) {
	cluster := controlplanetest.Shared(t)
	namespace := cluster.Namespace(t)
	bareNode(t, cluster, "runs-pods")

	deploy(t, cluster, namespace, podOn("runs-pods"))

	for _, pod := range pods(t.Context(), t, cluster.Client(), namespace) {
		if pod.Spec.NodeName != "runs-pods" || pod.Status.Phase != corev1.PodRunning {
			t.Errorf("pod %s: %s on %q, want Running on runs-pods", pod.Name, pod.Status.Phase, pod.Spec.NodeName)
		}
	}
}

func TestDisruptionBudgetRefusesAnEviction(t *testing.T) {
	// given two running pods that must both stay
	cluster := controlplanetest.Shared(t)
	client, namespace := cluster.Client(), cluster.Namespace(t)
	bareNode(t, cluster, "guarded")
	labels := deploy(t, cluster, namespace, podOn("guarded"))
	all := intstr.FromInt32(replicas)
	budget := &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "all-stay"},
		Spec:       policyv1.PodDisruptionBudgetSpec{MinAvailable: &all, Selector: &metav1.LabelSelector{MatchLabels: labels}},
	}
	budgets := client.PolicyV1().PodDisruptionBudgets(namespace)
	if _, err := budgets.Create(t.Context(), budget, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	controlplanetest.Eventually(t, "the budget to count the pods", func(ctx context.Context) error {
		current, err := budgets.Get(ctx, budget.Name, metav1.GetOptions{})
		if err == nil && current.Status.CurrentHealthy != replicas {
			err = fmt.Errorf("%d healthy pods", current.Status.CurrentHealthy)
		}
		return err
	})

	// when one of them is evicted
	pod := pods(t.Context(), t, client, namespace)[0]
	err := client.PolicyV1().Evictions(namespace).Evict(t.Context(), &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: pod.Name}})

	// then the API server says 429
	if !apierrors.IsTooManyRequests(err) {
		t.Errorf("evict a pod that the budget protects: got %v, want 429 Too Many Requests", err)
	}
}

func TestDeletedPodUsesItsGracePeriodOnlyWhenItIgnoresTheSignal(t *testing.T) {
	// given a pod that ignores SIGTERM and one that does not, both running
	cluster := controlplanetest.Shared(t)
	client, namespace := cluster.Client(), cluster.Namespace(t)
	bareNode(t, cluster, "stops-pods")
	for name, annotations := range map[string]map[string]string{
		"stubborn": {"vpsie-sim/ignores-sigterm": "true"},
		"polite":   nil,
	} {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: annotations}, Spec: podOn("stops-pods")}
		if _, err := client.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		waitRunning(t, client, namespace, name)
	}

	// when both are deleted, and the polite one, deleted last, is gone
	hour := int64(3600)
	for _, name := range []string{"stubborn", "polite"} {
		if err := client.CoreV1().Pods(namespace).Delete(t.Context(), name, metav1.DeleteOptions{GracePeriodSeconds: &hour}); err != nil {
			t.Fatal(err)
		}
	}
	waitGone(t, client, namespace, "polite")

	// then the stubborn one is still terminating, and ends when it is forced to
	stubborn, err := client.CoreV1().Pods(namespace).Get(t.Context(), "stubborn", metav1.GetOptions{})
	if err != nil {
		t.Fatalf("pod that ignores SIGTERM: %v", err)
	}
	if stubborn.DeletionTimestamp == nil {
		t.Error("pod that ignores SIGTERM: not terminating")
	}
	second := int64(1)
	if err := client.CoreV1().Pods(namespace).Delete(t.Context(), "stubborn", metav1.DeleteOptions{GracePeriodSeconds: &second}); err != nil {
		t.Fatal(err)
	}
	waitGone(t, client, namespace, "stubborn")
}

const replicas = 2

// deploy creates a Deployment, waits until its pods are available, and returns their labels.
func deploy(t *testing.T, cluster *controlplanetest.Cluster, namespace string, pod corev1.PodSpec) map[string]string {
	t.Helper()
	labels, count := map[string]string{"app": "web"}, int32(replicas)
	deployment := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &count,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: pod},
		},
	}
	deployments := cluster.Client().AppsV1().Deployments(namespace)
	if _, err := deployments.Create(t.Context(), deployment, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	controlplanetest.Eventually(t, "the deployment's pods", func(ctx context.Context) error {
		current, err := deployments.Get(ctx, deployment.Name, metav1.GetOptions{})
		if err == nil && current.Status.AvailableReplicas != count {
			err = fmt.Errorf("%d pods available", current.Status.AvailableReplicas)
		}
		return err
	})
	return labels
}

func pods(ctx context.Context, t *testing.T, client kubernetes.Interface, namespace string) []corev1.Pod {
	t.Helper()
	list, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != replicas {
		t.Fatalf("%d pods in %s, want %d", len(list.Items), namespace, replicas)
	}
	return list.Items
}

func waitRunning(t *testing.T, client kubernetes.Interface, namespace, name string) {
	t.Helper()
	controlplanetest.Eventually(t, "pod "+name+" to run", func(ctx context.Context) error {
		pod, err := client.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
		if err == nil && pod.Status.Phase != corev1.PodRunning {
			err = fmt.Errorf("phase %s", pod.Status.Phase)
		}
		return err
	})
}

func waitGone(t *testing.T, client kubernetes.Interface, namespace, name string) {
	t.Helper()
	controlplanetest.Eventually(t, "pod "+name+" to be gone", func(ctx context.Context) error {
		_, err := client.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("still there: %w", err)
	})
}
