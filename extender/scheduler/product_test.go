package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/metricspage"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
)

// mute is a scheduler, and its account, that may place pods but may not write why it does not.
const mute = "mute-scheduler"

// Given a scheduler that may not write verdicts, and a controller to which a pod is never too old, when a pod comes that fits nowhere,
// then a machine is bought for it: the controller knows only by the report.
func TestTheControllerBuysAMachineForAReport(t *testing.T) {
	address, certificates := freeAddress(t), newCertificates(t)
	product := startProduct(t, "--controller-scheduler-names", "default-scheduler,"+mute, "--controller-pending-pod-age", "1h",
		"--controller-diagnosis-listen", address, "--controller-diagnosis-client-ca-file", certificates.authority,
		"--controller-diagnosis-cert-file", certificates.serverCert, "--controller-diagnosis-key-file", certificates.serverKey)
	start(t, shipped(t, mute, certificates.arguments(address)), muteAccount(t, product))

	group := build.NodeGroup("reported").Fresh().Datacenter(product.Simulator.Datacenters[0].Identifier).Obj()
	group.UID, group.CreationTimestamp = "", metav1.Time{}
	pod := build.Pod("reported").Requests("500m", "512Mi").Scheduler(mute).Obj()
	pod.UID, pod.CreationTimestamp, pod.Spec.Containers[0].Image = "", metav1.Time{}, "registry.k8s.io/pause:3.10"
	// Without any node the scheduler fails before Filter, and calls no plugin.
	node := build.Node("small").Allocatable("100m", "64Mi").Obj()
	node.UID, node.CreationTimestamp = "", metav1.Time{}
	must(t, product.Client.Create(t.Context(), node))
	must(t, product.Client.Create(t.Context(), group))
	must(t, product.Client.Create(t.Context(), pod))
	controlplanetest.Eventually(t, "the pod to have a node", func(ctx context.Context) error {
		err := product.Client.Get(ctx, client.ObjectKeyFromObject(pod), pod)
		if err == nil && pod.Spec.NodeName == "" {
			err = fmt.Errorf("it has none: %+v", pod.Status)
		}
		return err
	})
	page, err := product.Scrape(t.Context(), stack.Controller)
	must(t, err)
	taken, err := metricspage.Sum(page, "vpsie_autoscaler_diagnosis_reports_total", `result="taken"`)
	must(t, err)
	if taken == 0 {
		t.Error("the controller has taken no report")
	}
}

// startProduct runs the suite with a cloud that answers at once until the test ends.
func startProduct(t *testing.T, settings ...string) *stack.Stack {
	t.Helper()
	command := exec.Command("go", "build", "-buildvcs=false", "-o", "bin"+string(filepath.Separator), "./cmd/vpsie-autoscaler", "./cmd/vpsie-sim")
	command.Dir = root
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build the product: %v\n%s", err, output)
	}
	from, err := os.Getwd()
	must(t, err)
	top, err := stack.FindRoot(from)
	must(t, err)
	product, err := stack.Start(t.Context(), stack.Options{Root: top, Dir: t.TempDir(), Latency: "none", Settings: settings})
	must(t, err)
	t.Cleanup(func() { must(t, product.Stop()) })
	return product
}

// muteAccount makes an account with the rights of Kubernetes' own scheduler, but for those on the status of pods, and returns its
// kubeconfig.
func muteAccount(t *testing.T, product *stack.Stack) string {
	t.Helper()
	name := metav1.ObjectMeta{Name: mute}
	var role rbacv1.ClusterRole
	must(t, product.Client.Get(t.Context(), client.ObjectKey{Name: "system:kube-scheduler"}, &role))
	rules := slices.DeleteFunc(role.Rules, func(rule rbacv1.PolicyRule) bool { return slices.Contains(rule.Resources, "pods/status") })
	account := rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: stack.SystemNamespace, Name: mute}
	must(t, errors.Join(
		product.Client.Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: stack.SystemNamespace, Name: mute}}),
		product.Client.Create(t.Context(), &rbacv1.ClusterRole{ObjectMeta: name, Rules: rules}),
		product.Client.Create(t.Context(), &rbacv1.ClusterRoleBinding{
			ObjectMeta: name, Subjects: []rbacv1.Subject{account}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: mute},
		}),
		product.Client.Create(t.Context(), &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: mute + "-volumes"}, Subjects: []rbacv1.Subject{account},
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "system:volume-scheduler"},
		}),
	))
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	must(t, product.Cluster.WriteServiceAccountKubeconfig(t.Context(), types.NamespacedName{Namespace: stack.SystemNamespace, Name: mute}, kubeconfig))
	return kubeconfig
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return listener.Addr().String()
}
