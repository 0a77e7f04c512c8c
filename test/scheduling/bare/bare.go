package bare

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	// workers is how many requests are under way at a time.
	workers = 8
	// settled bounds the wait for what the control plane does by itself.
	settled  = 3 * time.Minute
	interval = 100 * time.Millisecond
)

// Client is a client without a throttle of its own.
func Client(config *rest.Config) (*kubernetes.Clientset, error) {
	unthrottled := rest.CopyConfig(config)
	unthrottled.QPS = -1
	return kubernetes.NewForConfig(unthrottled)
}

// Repeat does something count times, some of them at once, until one fails.
func Repeat(ctx context.Context, count int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i := range count {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error { return do(ctx, i) })
	}
	return group.Wait()
}

// NodeName is the name of a Node by its number.
func NodeName(i int) string { return fmt.Sprintf("bare-%05d", i) }

// Node is a Node with room for 110 pods. Its taint "not ready" is the API server's doing.
func Node(i int, cpu, memory string) *corev1.Node {
	capacity := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory), corev1.ResourcePods: resource.MustParse("110"),
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: NodeName(i), Labels: map[string]string{corev1.LabelHostname: NodeName(i)}},
		Status:     corev1.NodeStatus{Capacity: capacity, Allocatable: capacity},
	}
}

// Played lets kwok play the kubelet of a Node.
func Played(node *corev1.Node) *corev1.Node {
	node.Annotations = map[string]string{"kwok.x-k8s.io/node": "fake"}
	return node
}

// CreateNodes creates Nodes that differ in their numbers.
func CreateNodes(ctx context.Context, client kubernetes.Interface, count int, node func(i int) *corev1.Node) error {
	return Repeat(ctx, count, func(ctx context.Context, i int) error {
		_, err := client.CoreV1().Nodes().Create(ctx, node(i), metav1.CreateOptions{})
		return err
	})
}

// AwaitUntainted returns when no Node has a taint.
func AwaitUntainted(ctx context.Context, client kubernetes.Interface) error {
	return await(ctx, "all Nodes are open to pods", func(ctx context.Context) (bool, error) {
		nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{ResourceVersion: "0"})
		if err != nil {
			return false, err
		}
		for i := range nodes.Items {
			if len(nodes.Items[i].Spec.Taints) > 0 {
				return false, nil
			}
		}
		return true, nil
	})
}

// CreateNamespace creates a namespace and returns when pods can be created in it.
func CreateNamespace(ctx context.Context, client kubernetes.Interface, name string) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := client.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{}); err != nil {
		return err
	}
	// The API server refuses pods until kube-controller-manager has made the namespace's service account.
	return await(ctx, "namespace "+name+" has a service account", func(ctx context.Context) (bool, error) {
		_, err := client.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
		return err == nil, nil
	})
}

// Pod is a pod that asks for something and bears every taint, so that a Node without a kubelet is good enough for it.
func Pod(name, scheduler, cpu, memory string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: PodSpec(scheduler, cpu, memory)}
}

// PodSpec is what Pod makes pods of.
func PodSpec(scheduler, cpu, memory string) corev1.PodSpec {
	grace := int64(0)
	return corev1.PodSpec{
		SchedulerName: scheduler, TerminationGracePeriodSeconds: &grace,
		Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
		Containers: []corev1.Container{{
			Name: "main", Image: "registry.k8s.io/pause:3.10",
			Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
				corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory),
			}},
		}},
	}
}

// CreatePods creates pods that differ in their numbers.
func CreatePods(ctx context.Context, client kubernetes.Interface, namespace string, count int, pod func(i int) *corev1.Pod) error {
	return Repeat(ctx, count, func(ctx context.Context, i int) error {
		_, err := client.CoreV1().Pods(namespace).Create(ctx, pod(i), metav1.CreateOptions{})
		return err
	})
}

// DeletePods deletes all pods of a namespace at once and returns when they are gone.
func DeletePods(ctx context.Context, client kubernetes.Interface, namespace string) error {
	now := int64(0)
	err := client.CoreV1().Pods(namespace).DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: &now}, metav1.ListOptions{})
	if err != nil {
		return err
	}
	return await(ctx, "the pods of "+namespace+" are gone", func(ctx context.Context) (bool, error) {
		pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{Limit: 1})
		return err == nil && len(pods.Items) == 0, err
	})
}

func await(ctx context.Context, what string, done wait.ConditionWithContextFunc) error {
	if err := wait.PollUntilContextTimeout(ctx, interval, settled, true, done); err != nil {
		return fmt.Errorf("wait until %s: %w", what, err)
	}
	return nil
}
