package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/go-logr/logr/testr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/gc"
	"github.com/vpsie/vpsie-autoscaler/provisioner/hostnames"
	"github.com/vpsie/vpsie-autoscaler/rebalancer/drain"
)

// lossPatience is how long the end of a machine may take to be noticed and made good: Kubernetes waits for heartbeats, the machine
// must be missing from two lists, and another one must join.
const lossPatience = 6 * time.Minute

// Given a node that runs a pod, when its machine is deleted outside of the cluster, then the node is given up and another one takes
// its place and its pod.
func TestMachineDeletedOutsideIsReplaced(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t, nil)
	must(t, product.Client.Create(t.Context(), newGroup(namespace, "lost")))
	must(t, product.Client.Create(t.Context(), newDeployment(namespace, "web", 1, "500m", "512Mi")))
	before := awaitRunning(t, namespace, 1)[0]
	deleteOutside(t, before.Spec.NodeName)

	var last error
	err := wait.PollUntilContextTimeout(t.Context(), interval, lossPatience, true, func(ctx context.Context) (bool, error) {
		last = replaced(ctx, namespace, before.Spec.NodeName)
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("waiting for another node: %v", last)
	}
	if err := product.Client.Get(t.Context(), client.ObjectKey{Name: before.Spec.NodeName}, &corev1.Node{}); client.IgnoreNotFound(err) != nil || err == nil {
		t.Errorf("Node %s is left: %v", before.Spec.NodeName, err)
	}
}

// replaced says what is missing until a pod runs on another node than the lost one, which has gone.
func replaced(ctx context.Context, namespace, lost string) error {
	var pods corev1.PodList
	if err := product.Client.List(ctx, &pods, client.InNamespace(namespace)); err != nil {
		return err
	}
	running := 0
	for _, pod := range pods.Items {
		if pod.Status.Phase == corev1.PodRunning && pod.DeletionTimestamp == nil && pod.Spec.NodeName != lost {
			running++
		}
	}
	nodes, err := listNodes(ctx, namespace)
	if err != nil {
		return err
	}
	for _, node := range nodes {
		if node.Name == lost {
			return fmt.Errorf("VPSieNode %s is %s: %s", lost, node.Status.Phase, node.Status.Message)
		}
	}
	if running != 1 || len(nodes) != 1 {
		return fmt.Errorf("%d pods run elsewhere, on %d nodes", running, len(nodes))
	}
	return nil
}

// deleteOutside deletes a machine as somebody at VPSie's console would.
func deleteOutside(t *testing.T, hostname string) {
	t.Helper()
	address := product.Simulator.AdminURL + "/sim/machines/" + url.PathEscape(hostname) + "/delete"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, nil)
	must(t, err)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	if response.StatusCode >= http.StatusMultipleChoices {
		t.Fatalf("delete machine %s outside: status %s", hostname, response.Status)
	}
}

// Given machines whose names prove that they are this cluster's, one with a VPSieNode in some namespace and one without, and one that
// only looks like them, when a sweep with the real API server and the real adapter finds them, then the one without goes.
func TestOrphanedMachineIsSweptAndItsNeighboursAreNot(t *testing.T) {
	namespace := newNamespace(t, nil)
	var system corev1.Namespace
	must(t, product.Client.Get(t.Context(), client.ObjectKey{Name: metav1.NamespaceSystem}, &system))
	scheme := hostnames.Scheme{Prefix: stack.ClusterName + "-", ClusterID: string(system.UID)}
	orphan, owned, lookalike := scheme.New("orphan"), scheme.New("orphan"), stack.ClusterName+"-orphan-by-hand"
	object := idle(namespace, owned)
	must(t, asAutoscaler(t).Create(t.Context(), object)) // the webhook would miss the NodeGroup
	t.Cleanup(func() { must(t, product.Client.Delete(context.Background(), object)) })
	provider := newProvider(t)
	for _, hostname := range []string{orphan, owned, lookalike} {
		order(t, provider, hostname)
	}

	sweeper := gc.New(gc.Parts{
		Client: product.Client, Live: product.Client, Provider: provider, Metrics: telemetry.NewMetrics(prometheus.NewRegistry()),
		Drainer: &drain.Drainer{Client: product.Client, Live: product.Client, Evicted: func(*corev1.Node) {}},
		Events:  &build.Events{}, Log: testr.New(t),
	}, gc.Options{Names: scheme, GracePeriod: time.Second})
	eventually(t, "the orphan to be swept up", func(ctx context.Context) error {
		if _, err := sweeper.Sweep(ctx); err != nil {
			return err
		}
		machines, err := existing(ctx, orphan)
		if err == nil && len(machines) > 0 {
			err = fmt.Errorf("%v exists", names(machines))
		}
		return err
	})
	for _, hostname := range []string{owned, lookalike} {
		if machines, err := existing(t.Context(), hostname); err != nil || len(machines) != 1 {
			t.Errorf("machine %s: %v, %v: want it untouched", hostname, names(machines), err)
		}
	}
}

// idle is a VPSieNode on which no controller works, since its NodeGroup does not exist.
func idle(namespace, name string) *v1alpha1.VPSieNode {
	object := build.VPSieNode(name, "no-such-group").Obj()
	object.Namespace, object.UID, object.Finalizers = namespace, "", nil
	return object
}

// order asks for a machine that joins no cluster, and has it deleted when the test ends.
func order(t *testing.T, provider cloud.Provider, hostname string) {
	t.Helper()
	offerings, err := provider.Offerings(t.Context(), product.Simulator.Datacenters[0].Identifier)
	must(t, err)
	must(t, provider.Create(t.Context(), cloud.CreateRequest{
		Hostname: hostname, OfferingID: offerings[0].ID, DatacenterID: offerings[0].DatacenterID, UserData: []byte("#cloud-config\n{}\n"),
	}))
	t.Cleanup(func() { deleteMachine(t, provider, hostname) })
}
