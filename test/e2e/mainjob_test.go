package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Given pods that no node can hold, when a NodeGroup allows machines for them, then machines are bought, join with their labels
// and taints, run the pods, and go away when the pods have gone.
func TestPodsGetMachinesAndMachinesGo(t *testing.T) {
	namespace := newNamespace(t, nil)
	group := newGroup(namespace, "general")
	group.Spec.Taints = []corev1.Taint{{Key: "e2e", Value: namespace, Effect: corev1.TaintEffectNoSchedule}}
	must(t, product.Client.Create(t.Context(), group))
	deployment := newDeployment(namespace, "web", 6, "900m", "1Gi")
	deployment.Spec.Template.Spec.Tolerations = []corev1.Toleration{{Key: "e2e", Value: namespace}}
	must(t, product.Client.Create(t.Context(), deployment))

	pods := awaitRunning(t, namespace, 6)
	nodes, err := listNodes(t.Context(), namespace)
	must(t, err)
	for _, pod := range pods {
		if !slices.ContainsFunc(nodes, func(n v1alpha1.VPSieNode) bool { return n.Name == pod.Spec.NodeName }) {
			t.Errorf("pod %s runs on %s, which is none of ours", pod.Name, pod.Spec.NodeName)
		}
	}
	for i := range nodes {
		checkNode(t, &nodes[i], group)
	}
	checkGroupReady(t, group, len(nodes))

	must(t, product.Client.Delete(t.Context(), deployment))
	awaitNodes(t, namespace, 0, "")
	for _, node := range nodes {
		err := product.Client.Get(t.Context(), client.ObjectKey{Name: node.Name}, &corev1.Node{})
		if client.IgnoreNotFound(err) != nil || err == nil {
			t.Errorf("Node %s is left: %v", node.Name, err)
		}
	}
	machines, err := existing(t.Context(), "general")
	must(t, err)
	if len(machines) > 0 {
		t.Errorf("machines are left: %v", names(machines))
	}
}

// checkNode checks the Node that a VPSieNode has become.
func checkNode(t *testing.T, vpsieNode *v1alpha1.VPSieNode, group *v1alpha1.NodeGroup) {
	t.Helper()
	var node corev1.Node
	// Kubernetes' own taint "not ready" may outlast the Node's readiness by a moment.
	eventually(t, "the taints of Node "+vpsieNode.Name, func(ctx context.Context) error {
		if err := product.Client.Get(ctx, client.ObjectKey{Name: vpsieNode.Name}, &node); err != nil {
			return err
		}
		if len(node.Spec.Taints) != 1 || node.Spec.Taints[0].Key != "e2e" {
			return fmt.Errorf("they are %v, want the group's alone", node.Spec.Taints)
		}
		return nil
	})
	for key, want := range map[string]string{
		"e2e":                            group.Namespace,
		v1alpha1.LabelManaged:            "true",
		v1alpha1.LabelNodeGroup:          group.Name,
		v1alpha1.LabelNodeGroupNamespace: group.Namespace,
		v1alpha1.LabelVPSieNode:          vpsieNode.Name,
		v1alpha1.LabelOffering:           vpsieNode.Spec.OfferingID,
		corev1.LabelInstanceTypeStable:   vpsieNode.Spec.OfferingName,
		corev1.LabelTopologyZone:         group.Spec.DatacenterID,
	} {
		if got := node.Labels[key]; got != want {
			t.Errorf("Node %s: label %s is %q, want %q", node.Name, key, got, want)
		}
	}
	if want := "vpsie://" + vpsieNode.Status.MachineID; node.Spec.ProviderID != want || vpsieNode.Status.MachineID == "" {
		t.Errorf("Node %s: provider ID %q, want %q", node.Name, node.Spec.ProviderID, want)
	}
	// What pods find must be no less than what was planned with.
	for name, forecast := range vpsieNode.Spec.Allocatable {
		if real := node.Status.Allocatable[name]; real.Cmp(forecast) < 0 {
			t.Errorf("Node %s: allocatable %s is %s, the forecast was %s", node.Name, name, real.String(), forecast.String())
		}
	}
	decision := vpsieNode.Spec.Decision
	if decision.Reason != v1alpha1.DecisionPendingPods || decision.PriceNanosPerHour <= 0 || int(decision.PodCount) != len(decision.Pods) || len(decision.Considered) == 0 {
		t.Errorf("VPSieNode %s: decision record %+v is incomplete", vpsieNode.Name, decision)
	}
	var secrets corev1.SecretList
	must(t, product.Client.List(t.Context(), &secrets, client.InNamespace(metav1.NamespaceSystem), client.MatchingLabels{v1alpha1.LabelVPSieNode: vpsieNode.Name}))
	if len(secrets.Items) != 0 {
		t.Errorf("VPSieNode %s: its bootstrap token outlives the join", vpsieNode.Name)
	}
}

func checkGroupReady(t *testing.T, group *v1alpha1.NodeGroup, nodes int) {
	t.Helper()
	eventually(t, "the status of the group", func(ctx context.Context) error {
		var live v1alpha1.NodeGroup
		if err := product.Client.Get(ctx, client.ObjectKeyFromObject(group), &live); err != nil {
			return err
		}
		if !meta.IsStatusConditionTrue(live.Status.Conditions, v1alpha1.ConditionReady) ||
			int(live.Status.ReadyNodes) != nodes || int(*live.Spec.DesiredNodes) != nodes {
			return fmt.Errorf("desired %d, status %+v, want %d ready nodes", *live.Spec.DesiredNodes, live.Status, nodes)
		}
		return nil
	})
}

// Given a group without pods, when it is scaled by hand, then machines come; when it is scaled back, they go.
func TestScaledByHand(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t, nil)
	group := newGroup(namespace, "manual")
	off := false
	group.Spec.ScaleDownPolicy.Enabled = &off // or the empty nodes would go by themselves
	must(t, product.Client.Create(t.Context(), group))
	scale(t, group, 2)
	nodes := awaitNodes(t, namespace, 2, v1alpha1.PhaseReady)
	for _, node := range nodes {
		if node.Spec.Decision.Reason != v1alpha1.DecisionDesiredNodes {
			t.Errorf("VPSieNode %s was bought for %s", node.Name, node.Spec.Decision.Reason)
		}
	}
	scale(t, group, 1)
	awaitNodes(t, namespace, 1, v1alpha1.PhaseReady)
}

// scale sets the wanted size through the scale subresource, as `kubectl scale` does.
func scale(t *testing.T, group *v1alpha1.NodeGroup, nodes int) {
	t.Helper()
	patch := client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, nodes))
	must(t, product.Client.SubResource("scale").Patch(t.Context(), group.DeepCopy(), patch))
}

// Given a group with workloads on its nodes, when the group is deleted, then its nodes are drained and deleted before it goes.
func TestDeletedNodeGroupEndsItsNodes(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t, nil)
	group := newGroup(namespace, "doomed")
	must(t, product.Client.Create(t.Context(), group))
	// One pod each: the last ready pod of several may not be evicted before another is ready, and there will be no place for one.
	for _, name := range []string{"web", "api"} {
		must(t, product.Client.Create(t.Context(), newDeployment(namespace, name, 1, "500m", "512Mi")))
	}
	awaitRunning(t, namespace, 2)
	before, err := listNodes(t.Context(), namespace)
	must(t, err)

	must(t, product.Client.Delete(t.Context(), group))
	eventually(t, "the end of the group", func(ctx context.Context) error {
		err := product.Client.Get(ctx, client.ObjectKeyFromObject(group), &v1alpha1.NodeGroup{})
		if err == nil {
			return fmt.Errorf("it is there")
		}
		return client.IgnoreNotFound(err)
	})
	if nodes, err := listNodes(t.Context(), namespace); err != nil || len(nodes) > 0 {
		t.Errorf("the group went before its nodes: %d are left, %v", len(nodes), err)
	}
	for _, node := range before {
		machines, err := existing(t.Context(), node.Name)
		must(t, err)
		if len(machines) > 0 {
			t.Errorf("the group went before machine %v", names(machines))
		}
	}
	var pods corev1.PodList
	must(t, product.Client.List(t.Context(), &pods, client.InNamespace(namespace)))
	for _, pod := range pods.Items {
		if pod.Spec.NodeName != "" && pod.DeletionTimestamp == nil {
			t.Errorf("pod %s is still on %s", pod.Name, pod.Spec.NodeName)
		}
	}
}

// Given a pod with a PodDisruptionBudget that allows nothing, when its node is removed, then the pod keeps its node until the
// budget allows the eviction.
func TestDrainWaitsForTheDisruptionBudget(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t, nil)
	group := newGroup(namespace, "guarded")
	must(t, product.Client.Create(t.Context(), group))
	must(t, product.Client.Create(t.Context(), newDeployment(namespace, "web", 1, "500m", "512Mi")))
	pod := awaitRunning(t, namespace, 1)[0]
	budget := newBudget(namespace, "web", 1)
	must(t, product.Client.Create(t.Context(), budget))
	awaitDisruptions(t, budget, 0)

	node := awaitNodes(t, namespace, 1, v1alpha1.PhaseReady)[0]
	must(t, product.Client.Delete(t.Context(), &node))
	eventually(t, "the refusal to be reported", func(ctx context.Context) error {
		if err := product.Client.Get(ctx, client.ObjectKeyFromObject(&node), &node); err != nil {
			return err
		}
		if node.Status.Phase != v1alpha1.PhaseTerminating || !strings.Contains(node.Status.Message, "may not be evicted") {
			return fmt.Errorf("phase %s, message %q", node.Status.Phase, node.Status.Message)
		}
		return nil
	})
	var live corev1.Pod
	must(t, product.Client.Get(t.Context(), client.ObjectKeyFromObject(&pod), &live))
	if live.DeletionTimestamp != nil || live.UID != pod.UID {
		t.Fatal("the pod was evicted past its budget")
	}

	setMinAvailable(t, budget, 0)
	eventually(t, "the end of the node", func(ctx context.Context) error {
		err := product.Client.Get(ctx, client.ObjectKeyFromObject(&node), &v1alpha1.VPSieNode{})
		if err == nil {
			return fmt.Errorf("it is there")
		}
		return client.IgnoreNotFound(err)
	})
	awaitRunning(t, namespace, 1) // on another machine
	must(t, product.Client.DeleteAllOf(t.Context(), &appsv1.Deployment{}, client.InNamespace(namespace)))
}
