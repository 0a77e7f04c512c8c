// Package managed_test runs the suite on a managed cluster of the simulated VPSie: nodes are workers that VPSie names and configures.
package managed_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
)

// patience is how long anything may take on a busy machine; a passing test does not use it up.
const patience = 3 * time.Minute

// Given a managed cluster, when pods wait for nodes, then workers are ordered one at a time, VPSie's own names become VPSieNodes with
// labels and taints, and the pods run there; when the pods go, then so do the workers, and nothing is paid for any more.
func TestPodsGetWorkersOfAManagedCluster(t *testing.T) {
	product := start(t)
	window := int32(1)
	group := &v1alpha1.NodeGroup{
		ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "workers"},
		Spec: v1alpha1.NodeGroupSpec{
			MaxNodes: 5, DatacenterID: product.Simulator.Datacenters[0].Identifier, Labels: map[string]string{"tier": "front"},
			Taints:          []corev1.Taint{{Key: "dedicated", Value: "front", Effect: corev1.TaintEffectNoSchedule}},
			ScaleDownPolicy: v1alpha1.ScaleDownPolicy{StabilizationWindowSeconds: &window},
		},
	}
	workload := spread("web", 2)
	for _, object := range []client.Object{group, workload} {
		if err := product.Client.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "two pods on two workers", func(ctx context.Context) error { return runOnWorkers(ctx, product) })

	demanding := &v1alpha1.NodeGroup{
		ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "demanding"},
		Spec: v1alpha1.NodeGroupSpec{
			MaxNodes: 1, DatacenterID: group.Spec.DatacenterID, SSHKeyIDs: []string{"key"}, Tags: map[string]v1alpha1.TagValue{"team": "web"},
		},
	}
	if err := product.Client.Create(t.Context(), demanding); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the group to say what workers cannot be given", func(ctx context.Context) error {
		if err := product.Client.Get(ctx, client.ObjectKeyFromObject(demanding), demanding); err != nil {
			return err
		}
		ready := meta.FindStatusCondition(demanding.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason != v1alpha1.ReasonUnsupportedByProvider || !strings.Contains(ready.Message, "sshKeyIds") || !strings.Contains(ready.Message, "tags") {
			return fmt.Errorf("Ready is %v", ready)
		}
		return nil
	})

	// Credentials that VPSie refuses are kept out: what follows still works.
	rotate(t, product, "refused", "VPSie refuses the new credentials, the old ones stay")

	if err := product.Client.Delete(t.Context(), workload); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the workers to go", func(ctx context.Context) error {
		var objects v1alpha1.VPSieNodeList
		var nodes corev1.NodeList
		if err := errors.Join(product.Client.List(ctx, &objects), product.Client.List(ctx, &nodes, client.HasLabels{v1alpha1.LabelManaged})); err != nil {
			return err
		}
		if len(objects.Items)+len(nodes.Items) > 0 {
			return fmt.Errorf("%d VPSieNodes and %d Nodes are left", len(objects.Items), len(nodes.Items))
		}
		return nil
	})
	bill, err := product.Simulator.Bill(t.Context())
	if err != nil || bill.HourlyRate != 0 || bill.Machines != 0 || bill.TotalOwed == 0 {
		t.Errorf("the account owes %v $ and %v $/h for %d machines, %v: want something owed and nothing running", bill.TotalOwed, bill.HourlyRate, bill.Machines, err)
	}
}

func start(t *testing.T) *stack.Stack {
	t.Helper()
	ctrl.SetLogger(logr.Discard()) // what the product logs is in files of its own
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	product, err := stack.Start(t.Context(), stack.Options{Root: root, Dir: t.TempDir(), Latency: "fast", Progress: os.Stderr, Managed: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := product.Stop(); err != nil {
			t.Error(err)
		}
	})
	return product
}

// rotate puts a token into the Secret and waits until the controller has said something about it.
func rotate(t *testing.T, product *stack.Stack, token, verdict string) {
	t.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: stack.SystemNamespace, Name: stack.CredentialsSecret}}
	patch := fmt.Appendf(nil, `{"stringData":{"token":%q}}`, token)
	if err := product.Client.Patch(t.Context(), secret, client.RawPatch(types.MergePatchType, patch)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the controller to have tried the new credentials", func(context.Context) error {
		log, err := os.ReadFile(product.Process(stack.Controller).Log)
		if err == nil && !strings.Contains(string(log), verdict) {
			err = errors.New("it has not")
		}
		return err
	})
}

// spread makes a workload whose pods tolerate the group's taint and shun each other, so that each takes a node.
func spread(name string, replicas int32) *appsv1.Deployment {
	labels, grace := map[string]string{"app": name}, int64(1)
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
				TerminationGracePeriodSeconds: &grace,
				NodeSelector:                  map[string]string{"tier": "front"},
				Tolerations:                   []corev1.Toleration{{Key: "dedicated", Value: "front"}},
				Affinity: &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
					RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{
						TopologyKey: corev1.LabelHostname, LabelSelector: &metav1.LabelSelector{MatchLabels: labels},
					}},
				}},
				Containers: []corev1.Container{{Name: "main", Image: "registry.k8s.io/pause:3.10", Resources: corev1.ResourceRequirements{
					Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("500m"), corev1.ResourceMemory: resource.MustParse("512Mi")},
				}}},
			}},
		},
	}
}

// runOnWorkers says what is missing until two pods run on two workers that are what their VPSieNodes say.
func runOnWorkers(ctx context.Context, product *stack.Stack) error {
	var pods corev1.PodList
	var objects v1alpha1.VPSieNodeList
	err := errors.Join(product.Client.List(ctx, &pods, client.MatchingLabels{"app": "web"}), product.Client.List(ctx, &objects))
	if err != nil {
		return err
	}
	on := map[string]bool{}
	for _, pod := range pods.Items {
		if pod.Status.Phase == corev1.PodRunning {
			on[pod.Spec.NodeName] = true
		}
	}
	if len(on) != 2 {
		return fmt.Errorf("pods run on %d nodes", len(on))
	}
	for _, object := range objects.Items {
		if !meta.IsStatusConditionTrue(object.Status.Conditions, v1alpha1.ConditionReady) {
			return fmt.Errorf("VPSieNode %s is %s: %s", object.Name, object.Status.Phase, object.Status.Message)
		}
		if err := checkWorker(ctx, product, &object); err != nil {
			return err
		}
		delete(on, object.Status.NodeName)
	}
	if len(on) > 0 {
		return fmt.Errorf("pods run on nodes of no VPSieNode: %v", on)
	}
	return nil
}

func checkWorker(ctx context.Context, product *stack.Stack, object *v1alpha1.VPSieNode) error {
	name := object.Status.NodeName
	if !strings.Contains(name, "-slave-") || name != strings.ToLower(name) {
		return fmt.Errorf("the Node of VPSieNode %s is called %q, want VPSie's name in lower case", object.Name, name)
	}
	var node corev1.Node
	if err := product.Client.Get(ctx, client.ObjectKey{Name: name}, &node); err != nil {
		return err
	}
	if node.Labels["tier"] != "front" || node.Labels[v1alpha1.LabelVPSieNode] != object.Name || len(node.Spec.Taints) != 1 {
		return fmt.Errorf("Node %s has labels %v and taints %v", name, node.Labels, node.Spec.Taints)
	}
	return nil
}

// eventually repeats a check until it passes.
func eventually(t *testing.T, what string, check func(context.Context) error) {
	t.Helper()
	var last error
	if err := wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	}); err != nil {
		t.Fatalf("waiting for %s: %v", what, last)
	}
}
