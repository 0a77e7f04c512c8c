package eviction_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
)

// overrideName is that of the policy, of its binding and of the ClusterRole that grants the right.
const overrideName = "vpsie-autoscaler-eviction-override"

const overridePatch = `{"metadata":{"annotations":{"autoscaler.vpsie.com/eviction-override":"%s"}}}`

// operator is a service account of a namespace that may do anything with pods and Nodes.
func operator(t *testing.T, cluster *controlplanetest.Cluster, namespace, name string) kubernetes.Interface {
	t.Helper()
	admin := cluster.Client()
	if _, err := admin.CoreV1().ServiceAccounts(namespace).Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: namespace + "-" + name}, Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{""}, Verbs: []string{"*"},
		Resources: []string{"pods", "pods/status", "pods/binding", "bindings", "nodes", "nodes/status"},
	}}}
	if _, err := admin.RbacV1().ClusterRoles().Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin.RbacV1().ClusterRoles().Delete(context.Background(), role.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	bindEverywhere(t, cluster, types.NamespacedName{Namespace: namespace, Name: name}, role.Name)
	config, err := clientcmd.BuildConfigFromFlags("", cluster.ServiceAccountKubeconfig(t, namespace, name))
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// bindEverywhere grants a ClusterRole to a service account in the whole cluster.
func bindEverywhere(t *testing.T, cluster *controlplanetest.Cluster, account types.NamespacedName, role string) {
	t.Helper()
	bindings := cluster.Client().RbacV1().ClusterRoleBindings()
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: account.Namespace + "-" + account.Name + "-" + role}, Subjects: subject(account), RoleRef: ref(role),
	}
	if _, err := bindings.Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bindings.Delete(context.Background(), binding.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// bindAtHome grants a ClusterRole to a service account in its own namespace.
func bindAtHome(t *testing.T, cluster *controlplanetest.Cluster, account types.NamespacedName, role string) {
	t.Helper()
	binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: account.Name + "-" + role}, Subjects: subject(account), RoleRef: ref(role)}
	if _, err := cluster.Client().RbacV1().RoleBindings(account.Namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func subject(account types.NamespacedName) []rbacv1.Subject {
	return []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: account.Namespace, Name: account.Name}}
}

func ref(role string) rbacv1.RoleRef {
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role}
}

// applyPolicy applies the policy and waits until the API server enforces it.
func applyPolicy(t *testing.T, cluster *controlplanetest.Cluster, stranger kubernetes.Interface, namespace string) {
	t.Helper()
	cluster.ApplyManifests(t, "../../manifests/webhook/eviction-override-policy.yaml")
	t.Cleanup(func() {
		policies := cluster.Client().AdmissionregistrationV1()
		for _, remove := range []func(context.Context, string, metav1.DeleteOptions) error{
			policies.ValidatingAdmissionPolicyBindings().Delete, policies.ValidatingAdmissionPolicies().Delete,
			cluster.Client().RbacV1().ClusterRoles().Delete,
		} {
			if err := remove(context.Background(), overrideName, metav1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
		}
	})
	controlplanetest.Eventually(t, "the policy to be enforced", func(ctx context.Context) error {
		_, err := stranger.CoreV1().Pods(namespace).Create(ctx, withOverride("probe"), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if !apierrors.IsForbidden(err) {
			return fmt.Errorf("a pod with an override by a stranger is answered %w", err)
		}
		return nil
	})
}

func withOverride(name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{"autoscaler.vpsie.com/eviction-override": "why"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app"}}, NodeSelector: map[string]string{"no": "node"}},
	}
}

// write is one way to set or change the override.
type write func(ctx context.Context, client kubernetes.Interface) error

// writes are all ways to set the override "why" on the pod plain and the Node, the fate of which is decided by the right in
// the namespace or in the whole cluster.
func writes(namespace, node string) (onPods, onNodes map[string]write) {
	override := []byte(fmt.Sprintf(overridePatch, "why"))
	patchPod := func(subresource ...string) write {
		return func(ctx context.Context, client kubernetes.Interface) error {
			_, err := client.CoreV1().Pods(namespace).Patch(ctx, "plain", types.MergePatchType, override, metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}}, subresource...)
			return err
		}
	}
	patchNode := func(subresource ...string) write {
		return func(ctx context.Context, client kubernetes.Interface) error {
			_, err := client.CoreV1().Nodes().Patch(ctx, node, types.MergePatchType, override, metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}}, subresource...)
			return err
		}
	}
	onPods = map[string]write{
		"create a pod": func(ctx context.Context, client kubernetes.Interface) error {
			_, err := client.CoreV1().Pods(namespace).Create(ctx, withOverride("fresh"), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			return err
		},
		"patch a pod":       patchPod(),
		"patch pods/status": patchPod("status"),
		"bind a pod": func(ctx context.Context, client kubernetes.Interface) error {
			return client.CoreV1().Pods(namespace).Bind(ctx, &corev1.Binding{
				ObjectMeta: metav1.ObjectMeta{Name: "plain", Annotations: map[string]string{"autoscaler.vpsie.com/eviction-override": "why"}},
				Target:     corev1.ObjectReference{Kind: "Node", Name: node},
			}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		},
	}
	return onPods, map[string]write{"patch a Node": patchNode(), "patch nodes/status": patchNode("status")}
}

func TestWhoMayOverrideIsSaidByRBAC(t *testing.T) {
	cluster := controlplanetest.Shared(t)
	namespace := cluster.Namespace(t)
	s := &site{t: t, cluster: cluster, client: cluster.Client(), namespace: namespace}
	s.node("override-node")
	stranger, local, global := operator(t, cluster, namespace, "stranger"), operator(t, cluster, namespace, "local"), operator(t, cluster, namespace, "global")
	applyPolicy(t, cluster, stranger, namespace)
	bindAtHome(t, cluster, types.NamespacedName{Namespace: namespace, Name: "local"}, overrideName)
	bindEverywhere(t, cluster, types.NamespacedName{Namespace: namespace, Name: "global"}, overrideName)
	plain := withOverride("plain")
	plain.Annotations = nil
	_, err := cluster.Client().CoreV1().Pods(namespace).Create(t.Context(), plain, metav1.CreateOptions{})
	s.must("create a pod", err)

	onPods, onNodes := writes(namespace, "override-node")
	for name, do := range onPods {
		wantForbidden(t, name, do(t.Context(), stranger), "system:serviceaccount:"+namespace+":stranger may not set", "in namespace "+namespace)
		wantDone(t, name, do(t.Context(), local))
		wantDone(t, name, do(t.Context(), global))
	}
	for name, do := range onNodes {
		wantForbidden(t, name, do(t.Context(), stranger), "in the whole cluster", "the ClusterRole vpsie-autoscaler-eviction-override grants it")
		wantForbidden(t, name, do(t.Context(), local), "in the whole cluster")
		wantDone(t, name, do(t.Context(), global))
	}
}

func TestWhatLeavesAnOverrideAloneNeedsNoRight(t *testing.T) {
	cluster := controlplanetest.Shared(t)
	namespace := cluster.Namespace(t)
	stranger := operator(t, cluster, namespace, "stranger")
	applyPolicy(t, cluster, stranger, namespace)
	if _, err := cluster.Client().CoreV1().Pods(namespace).Create(t.Context(), withOverride("p"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	patch := func(body string) error {
		_, err := stranger.CoreV1().Pods(namespace).Patch(t.Context(), "p", types.MergePatchType, []byte(body), metav1.PatchOptions{})
		return err
	}
	wantDone(t, "add a label", patch(`{"metadata":{"labels":{"a":"b"}}}`))
	wantDone(t, "say the same again", patch(fmt.Sprintf(overridePatch, "why")))
	wantForbidden(t, "change the reason", patch(fmt.Sprintf(overridePatch, "another")), "may not set")
	wantDone(t, "empty it", patch(fmt.Sprintf(overridePatch, "")))
	wantForbidden(t, "set it again", patch(fmt.Sprintf(overridePatch, "why")), "may not set")
	wantDone(t, "take it off", patch(`{"metadata":{"annotations":{"autoscaler.vpsie.com/eviction-override":null}}}`))
	wantDone(t, "delete the pod", stranger.CoreV1().Pods(namespace).Delete(t.Context(), "p", metav1.DeleteOptions{}))
}

func wantForbidden(t *testing.T, what string, err error, texts ...string) {
	t.Helper()
	if !apierrors.IsForbidden(err) {
		t.Errorf("%s: answered %v, want 403", what, err)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%s: answered %q, want %q in it", what, err, text)
		}
	}
}

func wantDone(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
}
