package chaos

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/kubescheduler"
)

// nodeCount is how many nodes a world has, each with 4 cores.
const nodeCount = 3

// world is what one test sees of the cluster: nodes that only its pods select, and a bystander of low priority on each of them, who
// must outlive whatever happens.
type world struct {
	cluster    *controlplanetest.Cluster
	namespace  string
	scheduler  string // the name of the one under test, which no other test uses
	nodes      []string
	bystanders map[string]types.UID // by name
}

// newWorld makes nodes with a bystander on each that takes the given cores.
func newWorld(t *testing.T, bystander string) *world {
	t.Helper()
	cluster := controlplanetest.Shared(t)
	w := &world{
		cluster: cluster, namespace: cluster.Namespace(t), scheduler: "scheduler-" + rand.String(6), bystanders: map[string]types.UID{},
	}
	for range nodeCount {
		w.nodes = append(w.nodes, w.newNode(t))
	}
	for i, node := range w.nodes {
		pod := w.pod(fmt.Sprintf("bystander-%d", i), bystander)
		pod.Spec.NodeName = node
		made, err := w.pods().Create(t.Context(), pod, metav1.CreateOptions{})
		must(t, err)
		w.bystanders[made.Name] = made.UID
	}
	return w
}

func (w *world) newNode(t *testing.T) string { return w.newNodes(t, 1)[0] }

// newNodes makes nodes and waits until all of them are open to pods.
func (w *world) newNodes(t *testing.T, count int) (names []string) {
	t.Helper()
	for range count {
		names = append(names, w.createNode(t))
	}
	nodes := w.cluster.Client().CoreV1().Nodes()
	for _, name := range names {
		controlplanetest.Eventually(t, "node "+name+" to be open to pods", func(ctx context.Context) error {
			node, err := nodes.Get(ctx, name, metav1.GetOptions{})
			if err == nil && len(node.Spec.Taints) > 0 {
				err = fmt.Errorf("it has taints %v", node.Spec.Taints)
			}
			return err
		})
	}
	return names
}

func (w *world) createNode(t *testing.T) string {
	t.Helper()
	capacity := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("8Gi"), corev1.ResourcePods: resource.MustParse("110"),
	}
	name := "chaos-" + rand.String(6)
	nodes := w.cluster.Client().CoreV1().Nodes()
	_, err := nodes.Create(t.Context(), &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Labels: map[string]string{"chaos": w.namespace, corev1.LabelHostname: name},
			Annotations: map[string]string{"kwok.x-k8s.io/node": "fake"},
		},
		Status: corev1.NodeStatus{Capacity: capacity, Allocatable: capacity},
	}, metav1.CreateOptions{})
	must(t, err)
	t.Cleanup(func() { must(t, nodes.Delete(context.Background(), name, metav1.DeleteOptions{})) })
	return name
}

func (w *world) pods() v1.PodInterface { return w.cluster.Client().CoreV1().Pods(w.namespace) }

// pod is a pod of the scheduler under test that asks for the given cores on one of the world's nodes.
func (w *world) pod(name, cores string) *corev1.Pod {
	grace := int64(0)
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{
			SchedulerName: w.scheduler, TerminationGracePeriodSeconds: &grace,
			NodeSelector: map[string]string{"chaos": w.namespace},
			Containers: []corev1.Container{{
				Name: "main", Image: "registry.k8s.io/pause:3.10",
				Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cores)}},
			}},
		},
	}
}

// place creates pods of 100 thousandths of a core each and waits until all are bound.
func (w *world) place(t *testing.T, prefix string, count int) {
	t.Helper()
	w.create(t, prefix, count)
	w.awaitBound(t, prefix, count)
}

func (w *world) create(t *testing.T, prefix string, count int) {
	t.Helper()
	for i := range count {
		_, err := w.pods().Create(t.Context(), w.pod(fmt.Sprintf("%s-%d", prefix, i), "100m"), metav1.CreateOptions{})
		must(t, err)
	}
}

func (w *world) awaitBound(t *testing.T, prefix string, count int) {
	t.Helper()
	controlplanetest.Eventually(t, fmt.Sprintf("%d pods %s to be bound", count, prefix), func(ctx context.Context) error {
		for i := range count {
			pod, err := w.pods().Get(ctx, fmt.Sprintf("%s-%d", prefix, i), metav1.GetOptions{})
			if err != nil {
				return err
			}
			if pod.Spec.NodeName == "" {
				return fmt.Errorf("%s is not bound: %+v", pod.Name, pod.Status.Conditions)
			}
		}
		return nil
	})
}

// checkBystanders fails when one of them is gone, on its way out, or another pod of the same name.
func (w *world) checkBystanders(t *testing.T) {
	t.Helper()
	for name, uid := range w.bystanders {
		pod, err := w.pods().Get(t.Context(), name, metav1.GetOptions{})
		if err != nil || pod.UID != uid || pod.DeletionTimestamp != nil {
			t.Errorf("%s was evicted: %v", name, err)
		}
	}
}

// checkAttempts fails unless the scheduler has placed as many pods as wanted, each in its first cycle, and has evicted nobody.
func checkAttempts(t *testing.T, scheduler *kubescheduler.Scheduler, placed int) {
	t.Helper()
	controlplanetest.Eventually(t, "the scheduler to have counted its cycles", func(ctx context.Context) error {
		got, err := scheduler.Metric(ctx, "scheduler_schedule_attempts_total", `result="scheduled"`)
		if err == nil && got != float64(placed) {
			err = fmt.Errorf("%v cycles ended with a placement, want %d", got, placed)
		}
		return err
	})
	checkNoRejection(t, scheduler)
	sum, err := scheduler.Metric(t.Context(), "scheduler_scheduling_attempt_duration_seconds_sum", `result="scheduled"`)
	must(t, err)
	t.Logf("%d pods placed, %.0f ms each", placed, sum*1000/float64(placed))
}

// checkNoRejection fails if any cycle has ended without a placement, or in evictions.
func checkNoRejection(t *testing.T, scheduler *kubescheduler.Scheduler) {
	t.Helper()
	checkNone(t, scheduler, "scheduler_schedule_attempts_total", `result="error"`)
	checkNoVictim(t, scheduler)
}

// checkNoVictim fails if any cycle has found no node for a pod, or has ended in evictions.
func checkNoVictim(t *testing.T, scheduler *kubescheduler.Scheduler) {
	t.Helper()
	checkNone(t, scheduler, "scheduler_schedule_attempts_total", `result="unschedulable"`)
	checkNone(t, scheduler, "scheduler_preemption_attempts_total")
}

func checkNone(t *testing.T, scheduler *kubescheduler.Scheduler, name string, labels ...string) {
	t.Helper()
	got, err := scheduler.Metric(t.Context(), name, labels...)
	must(t, err)
	if got != 0 {
		t.Errorf("%s %v is %v, want 0", name, labels, got)
	}
}

// createPod creates a pod as soon as the API server lets it: it learns of new priorities with some delay.
func (w *world) createPod(t *testing.T, pod *corev1.Pod) {
	t.Helper()
	controlplanetest.Eventually(t, pod.Name+" to be admitted", func(ctx context.Context) error {
		_, err := w.pods().Create(ctx, pod, metav1.CreateOptions{})
		return err
	})
}

// placements are the nodes of pods that are bound, by the names of the pods.
func (w *world) placements(t *testing.T, prefix string, count int) map[string]string {
	t.Helper()
	nodes := map[string]string{}
	for i := range count {
		pod, err := w.pods().Get(t.Context(), fmt.Sprintf("%s-%d", prefix, i), metav1.GetOptions{})
		must(t, err)
		if pod.Spec.NodeName != "" {
			nodes[pod.Name] = pod.Spec.NodeName
		}
	}
	return nodes
}
