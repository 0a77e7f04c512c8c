package e2e

import (
	"context"
	"fmt"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Given a controller that dies after VPSie has taken its order and before it could write that down, when it starts again, then it
// adopts the one machine there is.
func TestControllerKilledBetweenCreateAndRecord(t *testing.T) {
	namespace := newNamespace(t, nil)
	group := newGroup(namespace, "crash")
	must(t, product.Simulator.Inject(t.Context(), map[string]any{
		"match": map[string]any{"hostnameRegex": "-crash-"}, "times": 1, "action": "accept-then-hang",
	}))
	t.Cleanup(func() { must(t, product.Simulator.Heal(context.Background())) })
	must(t, product.Client.Create(t.Context(), group))
	must(t, product.Client.Create(t.Context(), newDeployment(namespace, "web", 1, "500m", "512Mi")))

	eventually(t, "the order to reach the cloud", func(ctx context.Context) error {
		machines, err := existing(ctx, "-crash-")
		if err != nil || len(machines) != 1 {
			return fmt.Errorf("machines %v: %w", names(machines), err)
		}
		return nil
	})
	product.KillController()
	node := onlyNode(t, namespace)
	if node.Status.MachineID != "" {
		t.Fatalf("the controller had already recorded machine %s: the crash came too late", node.Status.MachineID)
	}
	must(t, product.StartController(t.Context()))

	pod := awaitRunning(t, namespace, 1)[0]
	if pod.Spec.NodeName != node.Name {
		t.Errorf("the pod runs on %s, not on the machine that was bought for it, %s", pod.Spec.NodeName, node.Name)
	}
	machines, err := existing(t.Context(), "-crash-")
	must(t, err)
	if len(machines) != 1 || creations(t, node.Name) != 1 {
		t.Errorf("want one machine and one order, got %v and %d", names(machines), creations(t, node.Name))
	}
	if adopted := onlyNode(t, namespace); adopted.Status.MachineID != machines[0].Identifier {
		t.Errorf("adopted machine %q, want %q", adopted.Status.MachineID, machines[0].Identifier)
	}
}

// Given a controller that dies while a machine is being deleted, when it starts again, then the machine is gone in the end.
func TestControllerKilledWhileDeleting(t *testing.T) {
	namespace := newNamespace(t, nil)
	group := newGroup(namespace, "mortal")
	must(t, product.Client.Create(t.Context(), group))
	deployment := newDeployment(namespace, "web", 1, "500m", "512Mi")
	must(t, product.Client.Create(t.Context(), deployment))
	awaitRunning(t, namespace, 1)
	must(t, product.Client.Delete(t.Context(), deployment))
	eventually(t, "the removal to begin", func(ctx context.Context) error {
		nodes, err := listNodes(ctx, namespace)
		if err != nil || len(nodes) != 1 || nodes[0].DeletionTimestamp == nil {
			return fmt.Errorf("%d VPSieNodes: %w", len(nodes), err)
		}
		return nil
	})
	product.KillController()
	must(t, product.StartController(t.Context()))
	awaitNodes(t, namespace, 0, "")
	machines, err := existing(t.Context(), "-mortal-")
	must(t, err)
	if len(machines) > 0 {
		t.Errorf("machines are left: %v", names(machines))
	}
}

// Given a second replica, when the leader stops, then the other one goes on with the work.
func TestStandbyTakesOver(t *testing.T) {
	must(t, product.StartStandby(t.Context()))
	must(t, product.StopController())
	t.Cleanup(func() { must(t, product.StartController(context.Background())) })

	namespace := newNamespace(t, nil)
	must(t, product.Client.Create(t.Context(), newGroup(namespace, "handed-over")))
	must(t, product.Client.Create(t.Context(), newDeployment(namespace, "web", 1, "500m", "512Mi")))
	awaitRunning(t, namespace, 1)
	cleanUp(t, namespace) // while the standby still leads
	must(t, product.StopStandby())
}

func onlyNode(t *testing.T, namespace string) *v1alpha1.VPSieNode {
	t.Helper()
	nodes, err := listNodes(t.Context(), namespace)
	must(t, err)
	if len(nodes) != 1 {
		t.Fatalf("%d VPSieNodes, want 1", len(nodes))
	}
	var node v1alpha1.VPSieNode
	must(t, product.Client.Get(t.Context(), client.ObjectKeyFromObject(&nodes[0]), &node))
	return &node
}

// creations counts the orders for a host name that the cloud has seen.
func creations(t *testing.T, hostname string) int {
	t.Helper()
	calls, err := product.Simulator.Calls(t.Context())
	must(t, err)
	count := 0
	for _, call := range calls {
		if call.CreatesMachine() && call.Hostname == hostname {
			count++
		}
	}
	return count
}
