package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
)

const (
	// patience is how long anything may take on a busy machine; a passing test does not use it up.
	patience = 2 * time.Minute
	interval = 100 * time.Millisecond
)

// eventually repeats a check until it passes.
func eventually(t *testing.T, what string, check func(context.Context) error) {
	t.Helper()
	last := errors.New("never checked")
	err := wait.PollUntilContextTimeout(t.Context(), interval, patience, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("waiting for %s: %v", what, last)
	}
}

// must ends the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newNamespace makes a namespace of a test with the given labels. When the test ends, its workload and its groups go, and the test
// fails if a machine stays behind.
func newNamespace(t *testing.T, labels map[string]string) string {
	t.Helper()
	name := "e2e-" + rand.String(6)
	must(t, product.Client.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}))
	eventually(t, "the default service account of "+name, func(ctx context.Context) error {
		return product.Client.Get(ctx, client.ObjectKey{Namespace: name, Name: "default"}, &corev1.ServiceAccount{})
	})
	t.Cleanup(func() { cleanUp(t, name) })
	return name
}

func cleanUp(t *testing.T, namespace string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var groups v1alpha1.NodeGroupList
	if err := product.Client.List(ctx, &groups, client.InNamespace(namespace)); err != nil {
		t.Errorf("clean up %s: %v", namespace, err)
	}
	for _, kind := range []client.Object{&appsv1.Deployment{}, &v1alpha1.NodeGroup{}} {
		if err := product.Client.DeleteAllOf(ctx, kind, client.InNamespace(namespace)); err != nil {
			t.Errorf("clean up %s: %v", namespace, err)
		}
	}
	err := wait.PollUntilContextCancel(ctx, interval, true, func(ctx context.Context) (bool, error) {
		nodes, err := listNodes(ctx, namespace)
		return len(nodes) == 0, err
	})
	if err != nil {
		t.Errorf("VPSieNodes of %s are left: %v", namespace, err)
	}
	for i := range groups.Items { // no two tests call their groups alike
		machines, err := existing(ctx, stack.ClusterName+"-"+groups.Items[i].Name+"-")
		if err != nil || len(machines) > 0 {
			t.Errorf("machines are left in the cloud: %v %v", names(machines), err)
		}
	}
}

func newGroup(namespace, name string) *v1alpha1.NodeGroup {
	window := int32(1)
	return &v1alpha1.NodeGroup{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.NodeGroupSpec{
			MaxNodes:        5,
			DatacenterID:    product.Simulator.Datacenters[0].Identifier,
			Labels:          map[string]string{"e2e": namespace},
			ScaleDownPolicy: v1alpha1.ScaleDownPolicy{StabilizationWindowSeconds: &window},
		},
	}
}

// newDeployment makes a workload that runs only on the nodes of its own namespace's groups.
func newDeployment(namespace, name string, replicas int32, cpu, memory string) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	grace := int64(1)
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					TerminationGracePeriodSeconds: &grace,
					NodeSelector:                  map[string]string{"e2e": namespace},
					Containers: []corev1.Container{{
						Name: "main", Image: "registry.k8s.io/pause:3.10",
						Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
							corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory),
						}},
					}},
				},
			},
		},
	}
}

// awaitRunning waits until the given number of pods of a namespace run.
func awaitRunning(t *testing.T, namespace string, want int) []corev1.Pod {
	t.Helper()
	var running []corev1.Pod
	eventually(t, fmt.Sprintf("%d running pods in %s", want, namespace), func(ctx context.Context) error {
		var list corev1.PodList
		if err := product.Client.List(ctx, &list, client.InNamespace(namespace)); err != nil {
			return err
		}
		running = nil
		for _, pod := range list.Items {
			if pod.Status.Phase == corev1.PodRunning && pod.DeletionTimestamp == nil {
				running = append(running, pod)
			}
		}
		if len(running) != want {
			return fmt.Errorf("%d of %d pods run", len(running), want)
		}
		return nil
	})
	return running
}

func listNodes(ctx context.Context, namespace string) ([]v1alpha1.VPSieNode, error) {
	var list v1alpha1.VPSieNodeList
	err := product.Client.List(ctx, &list, client.InNamespace(namespace))
	return list.Items, err
}

// awaitNodes waits until a namespace has as many VPSieNodes as wanted, all of them in a phase.
func awaitNodes(t *testing.T, namespace string, want int, phase string) []v1alpha1.VPSieNode {
	t.Helper()
	var nodes []v1alpha1.VPSieNode
	eventually(t, fmt.Sprintf("%d VPSieNodes %s in %s", want, phase, namespace), func(ctx context.Context) error {
		var err error
		if nodes, err = listNodes(ctx, namespace); err != nil {
			return err
		}
		if len(nodes) != want {
			return fmt.Errorf("there are %d", len(nodes))
		}
		for _, node := range nodes {
			if node.Status.Phase != phase {
				return fmt.Errorf("%s is %s: %s", node.Name, node.Status.Phase, node.Status.Message)
			}
		}
		return nil
	})
	return nodes
}

// existing lists the machines that the account pays for and whose host names contain a text.
func existing(ctx context.Context, part string) ([]stack.Machine, error) {
	all, err := product.Simulator.Machines(ctx)
	var found []stack.Machine
	for _, machine := range all {
		if machine.Exists() && strings.Contains(machine.Hostname, part) {
			found = append(found, machine)
		}
	}
	return found, err
}

func names(machines []stack.Machine) []string {
	var all []string
	for _, machine := range machines {
		all = append(all, machine.Hostname+" "+machine.State)
	}
	return all
}
