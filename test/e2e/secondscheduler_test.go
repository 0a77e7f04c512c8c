package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/extender"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/kubescheduler"
)

// secondScheduler is the name of the second scheduler, of its account and of its Lease.
const secondScheduler = "vpsie-scheduler"

// installed is the second scheduler of the manifests, as far as it can run outside of a pod.
type installed struct {
	kubeconfig string // acts as its service account
	asked      atomic.Int64
	scheduler  *kubescheduler.Scheduler
}

// installSecondScheduler applies the manifest and runs both containers of its pod, with their arguments and the rights of their
// service account, until the test ends. The Deployment itself is only judged by the API server.
func installSecondScheduler(t *testing.T) *installed {
	t.Helper()
	manifest, err := kubescheduler.ReadManifest(filepath.Join(repository(t), "manifests", "scheduler", "second-scheduler.yaml"))
	must(t, err)
	for _, object := range manifest.Others {
		must(t, product.Client.Create(t.Context(), object))
		t.Cleanup(func() { must(t, product.Client.Delete(context.Background(), object)) })
	}
	must(t, product.Client.Create(t.Context(), manifest.Deployment.DeepCopy(), client.DryRunAll, client.FieldValidation("Strict")))

	dir := t.TempDir()
	made := &installed{kubeconfig: filepath.Join(dir, "kubeconfig")}
	account := types.NamespacedName{Namespace: "vpsie-system", Name: secondScheduler}
	must(t, product.Cluster.WriteServiceAccountKubeconfig(t.Context(), account, made.kubeconfig))
	target, err := url.Parse("http://" + startSidecar(t, manifest.Deployment, made.kubeconfig))
	must(t, err)
	between := httptest.NewServer(made.counting(httputil.NewSingleHostReverseProxy(target)))
	t.Cleanup(between.Close)
	manifest.Configuration.Extender()["urlPrefix"] = between.URL + extender.PathPrefix
	flags, err := manifest.Configuration.Write(dir, made.kubeconfig)
	must(t, err)
	binary, err := kubescheduler.Binary(repository(t))
	must(t, err)
	made.scheduler, err = kubescheduler.Start(t.Context(), kubescheduler.Options{Binary: binary, Dir: dir, Flags: flags})
	must(t, err)
	t.Cleanup(func() { must(t, made.scheduler.Stop()) })
	return made
}

// counting counts the answers to prioritize that the scheduler can use.
func (i *installed) counting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		if path.Base(r.URL.Path) == "prioritize" && answer.Code == http.StatusOK {
			i.asked.Add(1)
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()) // a scheduler that hung up is not counted on
	})
}

// startSidecar runs the container extender and returns the address that it serves at.
func startSidecar(t *testing.T, deployment *unstructured.Unstructured, kubeconfig string) string {
	t.Helper()
	containers, _, err := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "containers")
	must(t, err)
	container, _ := containers[1].(map[string]any)
	args, _, err := unstructured.NestedStringSlice(container, "args")
	must(t, err)
	address, health := freeAddress(t), freeAddress(t)
	args = append(args, "--kubernetes-kubeconfig="+kubeconfig, // later flags win over those of the manifest
		"--extender-listen="+address, "--health-listen="+health, "--metrics-listen=127.0.0.1:0")
	command := exec.Command(filepath.Join(repository(t), "bin", "vpsie-autoscaler"), args...)
	output := &synchronised{}
	command.Stdout, command.Stderr = output, output
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill() // fails only when it has ended
		_ = command.Wait()         // a killed process is an error
	})
	eventually(t, "the sidecar to be ready", func(ctx context.Context) error {
		probed := &ownController{health: "http://" + health}
		if err := probed.probe(ctx, "/readyz"); err != nil {
			return fmt.Errorf("%w\n%s", err, output.tail())
		}
		return nil
	})
	return address
}

// Given the second scheduler of the manifests, with no rights but those, and the policy that sends pods there, when pods come, then
// it places them, asks its extender, and gets machines for those that fit nowhere.
func TestSecondSchedulerPlacesPodsAndGetsMachines(t *testing.T) {
	second := installSecondScheduler(t)
	eventually(t, "the second scheduler to hold its own Lease", func(ctx context.Context) error {
		var lease coordinationv1.Lease
		if err := product.Client.Get(ctx, client.ObjectKey{Namespace: "vpsie-system", Name: secondScheduler}, &lease); err != nil {
			return err
		}
		if lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity == "" {
			return fmt.Errorf("nobody holds it")
		}
		return nil
	})
	report, code := check(t, "--scheduler-url", second.scheduler.URL, "--controller-scheduler-names", secondScheduler)
	if want := second.scheduler.URL + "/configz: no errors\n"; code != 0 || report != want {
		t.Errorf("the check ends with %d and says\n%swant\n%s", code, report, want)
	}
	namespace := newNamespace(t, map[string]string{v1alpha1.LabelPodMutation: "enabled"})
	sendPods(t, namespace)
	group := newGroup(namespace, "second")
	must(t, product.Client.Create(t.Context(), group))
	must(t, product.Client.Create(t.Context(), newDeployment(namespace, "first", 1, "500m", "512Mi")))
	pod := awaitRunning(t, namespace, 1)[0]
	if pod.Spec.SchedulerName != secondScheduler || !strings.HasPrefix(pod.Spec.NodeName, "local-second-") {
		t.Errorf("scheduler %s placed the pod on %s, want %s and a machine bought for it", pod.Spec.SchedulerName, pod.Spec.NodeName, secondScheduler)
	}

	patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"minNodes":2}}`))
	must(t, product.Client.Patch(t.Context(), group, patch))
	awaitNodes(t, namespace, 2, v1alpha1.PhaseReady)
	must(t, product.Client.Create(t.Context(), newDeployment(namespace, "small", 2, "50m", "32Mi")))
	awaitRunning(t, namespace, 3)
	if second.asked.Load() == 0 {
		t.Error("with two nodes to choose from, the scheduler never asked its extender")
	}
	log, err := os.ReadFile(second.scheduler.Log)
	must(t, err)
	for line := range bytes.Lines(log) {
		if bytes.Contains(line, []byte("forbidden")) {
			t.Errorf("the service account lacks a right: %s", line)
		}
	}
}

// sendPods applies the policy that sends the pods of a namespace to the second scheduler, and waits until it works there.
func sendPods(t *testing.T, namespace string) {
	t.Helper()
	policy := filepath.Join(repository(t), "manifests", "policies", "pod-scheduler.yaml")
	must(t, product.Cluster.ApplyFiles(t.Context(), policy))
	t.Cleanup(func() { removePolicy(t) })
	probe := &newDeployment(namespace, "probe", 1, "1m", "1Mi").Spec.Template
	eventually(t, "the policy to send pods", func(ctx context.Context) error {
		pod := &corev1.Pod{ObjectMeta: probe.ObjectMeta, Spec: *probe.Spec.DeepCopy()}
		pod.Namespace, pod.Name = namespace, "probe"
		if err := product.Client.Create(ctx, pod, client.DryRunAll); err != nil {
			return err
		}
		if pod.Spec.SchedulerName != secondScheduler {
			return fmt.Errorf("a pod went to %s", pod.Spec.SchedulerName)
		}
		return nil
	})
}

func removePolicy(t *testing.T) {
	for _, kind := range []string{"MutatingAdmissionPolicyBinding", "MutatingAdmissionPolicy"} {
		object := &unstructured.Unstructured{}
		object.SetAPIVersion("admissionregistration.k8s.io/v1")
		object.SetKind(kind)
		object.SetName("vpsie-autoscaler-pod-scheduler")
		must(t, product.Client.Delete(context.Background(), object))
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return listener.Addr().String()
}
