package eviction_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// site is a namespace of the real control plane with the nodes "<name>-drained", which is to be emptied, and "<name>-spare".
type site struct {
	t         *testing.T
	cluster   *controlplanetest.Cluster
	client    kubernetes.Interface
	namespace string
	drained   string
	spare     string

	mu       sync.Mutex
	warnings []string
}

func newSite(t *testing.T, name string, limit int) *site {
	t.Helper()
	cluster := controlplanetest.Shared(t)
	s := &site{t: t, cluster: cluster, namespace: cluster.Namespace(t), drained: name + "-drained", spare: name + "-spare"}
	config := cluster.Config()
	config.WarningHandler = s
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	s.client = client
	s.node(s.drained)
	s.node(s.spare)
	serve(t, cluster, s.namespace, limit)
	return s
}

// HandleWarningHeader keeps what the API server warns of.
func (s *site) HandleWarningHeader(_ int, _, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.warnings = append(s.warnings, text)
}

func (s *site) warned(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(strings.Join(s.warnings, "\n"), text)
}

func (s *site) must(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
}

func (s *site) node(name string) {
	s.t.Helper()
	capacity := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("16"), corev1.ResourceMemory: resource.MustParse("32Gi"), corev1.ResourcePods: resource.MustParse("110"),
	}
	_, err := s.client.CoreV1().Nodes().Create(s.t.Context(), &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Labels: map[string]string{corev1.LabelHostname: name, "site": s.namespace},
			Annotations: map[string]string{"kwok.x-k8s.io/node": "fake"},
		},
		Status: corev1.NodeStatus{Capacity: capacity, Allocatable: capacity},
	}, metav1.CreateOptions{})
	s.must("create node "+name, err)
	s.t.Cleanup(func() {
		if err := s.client.CoreV1().Nodes().Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			s.t.Error(err)
		}
	})
}

// spec is of pods that run on a node of the site, on the given one if it is named.
func (s *site) spec(node string) corev1.PodSpec {
	spec := corev1.PodSpec{NodeSelector: map[string]string{"site": s.namespace}, Containers: []corev1.Container{{Name: "app", Image: "app"}}}
	if node != "" {
		spec.NodeSelector[corev1.LabelHostname] = node
	}
	return spec
}

// pod runs a pod without a controller on the node to be drained.
func (s *site) pod(name string, annotations map[string]string) {
	s.t.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: annotations, Labels: map[string]string{"app": name}}, Spec: s.spec(s.drained),
	}
	_, err := s.client.CoreV1().Pods(s.namespace).Create(s.t.Context(), pod, metav1.CreateOptions{})
	s.must("create pod "+name, err)
}

// deploy makes a Deployment of two, which never has fewer while it rolls out, and waits until its controller calls it complete.
func (s *site) deploy(name string, spec corev1.PodSpec) {
	s.t.Helper()
	labels, two, none, one := map[string]string{"app": name}, int32(2), intstr.FromInt32(0), intstr.FromInt32(1)
	deployments := s.client.AppsV1().Deployments(s.namespace)
	_, err := deployments.Create(s.t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &two, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: spec},
			Strategy: appsv1.DeploymentStrategy{
				Type:          appsv1.RollingUpdateDeploymentStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDeployment{MaxUnavailable: &none, MaxSurge: &one},
			},
		},
	}, metav1.CreateOptions{})
	s.must("create Deployment "+name, err)
	s.eventually("the rollout of "+name, func(ctx context.Context) error {
		deployment, err := deployments.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, condition := range deployment.Status.Conditions {
			if condition.Reason == "NewReplicaSetAvailable" {
				return nil
			}
		}
		return fmt.Errorf("%+v", deployment.Status)
	})
}

// budget makes a PodDisruptionBudget that lets the pods of a name go, and waits until it counts.
func (s *site) budget(name, app string) {
	s.t.Helper()
	none := intstr.FromInt32(0)
	budgets := s.client.PolicyV1().PodDisruptionBudgets(s.namespace)
	_, err := budgets.Create(s.t.Context(), &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: policyv1.PodDisruptionBudgetSpec{
			MinAvailable: &none, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": app}},
		},
	}, metav1.CreateOptions{})
	s.must("create budget "+name, err)
	s.eventually("budget "+name, func(ctx context.Context) error {
		budget, err := budgets.Get(ctx, name, metav1.GetOptions{})
		if err == nil && budget.Status.DisruptionsAllowed == 0 {
			err = fmt.Errorf("%+v", budget.Status)
		}
		return err
	})
}

func (s *site) patchPod(name, patch string) {
	s.t.Helper()
	_, err := s.client.CoreV1().Pods(s.namespace).Patch(s.t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	s.must("patch pod "+name, err)
}

func (s *site) patchDeployment(name, patch string) {
	s.t.Helper()
	_, err := s.client.AppsV1().Deployments(s.namespace).Patch(s.t.Context(), name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
	s.must("patch Deployment "+name, err)
}

func (s *site) cordon(node string, unschedulable bool) {
	s.t.Helper()
	patch := fmt.Sprintf(`{"spec":{"unschedulable":%t}}`, unschedulable)
	_, err := s.client.CoreV1().Nodes().Patch(s.t.Context(), node, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	s.must("cordon "+node, err)
}

func (s *site) eventually(what string, check func(context.Context) error) {
	s.t.Helper()
	controlplanetest.Eventually(s.t, what, check)
}

// evict asks for one eviction, as kubectl drain does. dryRun goes where kubectl drain puts it.
func (s *site) evict(ctx context.Context, pod string, dryRun ...string) error {
	return s.client.PolicyV1().Evictions(s.namespace).Evict(ctx, &policyv1.Eviction{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: pod}, DeleteOptions: &metav1.DeleteOptions{DryRun: dryRun},
	})
}

// drain takes one turn of kubectl drain: it asks for every pod on the node, takes a 429 for "later" and gives up on any other
// refusal. It returns what the refused ones wait for, by the name of their app.
func (s *site) drain(ctx context.Context, dryRun ...string) (waiting map[string]string, left int, err error) {
	list, err := s.client.CoreV1().Pods(s.namespace).List(ctx, metav1.ListOptions{FieldSelector: "spec.nodeName=" + s.drained})
	if err != nil {
		return nil, 0, err
	}
	waiting = map[string]string{}
	for _, pod := range list.Items {
		if workload.OfNode(&pod) {
			continue
		}
		left++
		switch err := s.evict(ctx, pod.Name, dryRun...); {
		case err == nil, apierrors.IsNotFound(err):
		case apierrors.IsTooManyRequests(err):
			waiting[pod.Labels["app"]] = err.Error()
		default:
			return nil, left, fmt.Errorf("drain gives up on pod %s: %w", pod.Name, err)
		}
	}
	return waiting, left, nil
}

// known waits until the webhook has heard of a pod that asks for peace, and so of all that happened to pods before.
func (s *site) known(pod string) {
	s.t.Helper()
	s.running(pod)
	s.eventually("pod "+pod+" to be held", func(ctx context.Context) error {
		if err := s.evict(ctx, pod, metav1.DryRunAll); !apierrors.IsTooManyRequests(err) || !apierrors.HasStatusCause(err, "autoscaler.vpsie.com/DoNotDisrupt") {
			return fmt.Errorf("answered %w", err)
		}
		return nil
	})
}
