package chaos

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/extender"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/kubescheduler"
)

// sidecar is the real extender as a process, with the arguments and the rights that the second scheduler's manifest gives it.
type sidecar struct {
	binary     string
	args       []string
	address    string // that the scheduler calls
	health     string // host:port
	log        string // file
	kubeconfig string
	command    *exec.Cmd
}

// newSidecar builds the extender and prepares the cluster for it. It is ended with the test.
func newSidecar(t *testing.T, configuration kubescheduler.Configuration) *sidecar {
	t.Helper()
	cluster := controlplanetest.Shared(t)
	applyExtender(t, cluster)
	dir := t.TempDir()
	s := &sidecar{binary: filepath.Join(dir, "vpsie-autoscaler"), log: filepath.Join(dir, "extender.log"), address: freeAddress(t), health: freeAddress(t)}
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", s.binary, "./cmd/vpsie-autoscaler")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the extender: %v\n%s", err, output)
	}
	s.kubeconfig = filepath.Join(dir, "kubeconfig")
	account := types.NamespacedName{Namespace: "vpsie-system", Name: "vpsie-autoscaler-extender"}
	must(t, cluster.WriteServiceAccountKubeconfig(t.Context(), account, s.kubeconfig))
	s.args = append(sidecarArguments(t), "--kubernetes-kubeconfig="+s.kubeconfig,
		"--extender-listen="+s.address, "--health-listen="+s.health, "--metrics-listen=0")
	configuration.Extender()["urlPrefix"] = "http://" + s.address + extender.PathPrefix
	t.Cleanup(func() {
		if content, err := os.ReadFile(s.log); err == nil && t.Failed() {
			t.Logf("the end of the extender's log:\n%s", content[max(0, len(content)-4096):])
		}
	})
	return s
}

// applyExtender makes what the extender needs in a cluster.
func applyExtender(t *testing.T, cluster *controlplanetest.Cluster) {
	t.Helper()
	manifests := filepath.Join(root, "manifests")
	cluster.ApplyManifests(t, filepath.Join(manifests, "crds/autoscaler.vpsie.com_vpsienodes.yaml"),
		filepath.Join(manifests, "namespace.yaml"), filepath.Join(manifests, "rbac/extender.yaml"))
}

// sidecarArguments are those of the container, without the addresses, which are other ones here.
func sidecarArguments(t *testing.T) []string {
	t.Helper()
	containers, _, err := unstructured.NestedSlice(secondScheduler(t).Deployment.Object, "spec", "template", "spec", "containers")
	must(t, err)
	for _, each := range containers {
		container, _ := each.(map[string]any)
		if container["name"] != "extender" {
			continue
		}
		args, _, err := unstructured.NestedStringSlice(container, "args")
		must(t, err)
		return slices.DeleteFunc(args, func(arg string) bool { return strings.Contains(arg, "-listen=") })
	}
	t.Fatal("the manifest has no container extender")
	return nil
}

func (s *sidecar) start(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(t, err)
	defer log.Close()
	command := exec.Command(s.binary, s.args...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(t, command.Start())
	s.command = command
	t.Cleanup(func() {
		_ = command.Process.Kill() // fails only when it has ended
		_ = command.Wait()         // a killed process is an error
	})
	controlplanetest.Eventually(t, "the extender to be ready", func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.health+"/readyz", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("it answers %s", response.Status)
		}
		return nil
	})
}

func (s *sidecar) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	must(t, s.command.Process.Signal(signal))
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
}

// Given the real extender, when it is stopped in the middle of its work, goes on, dies and is started again, then pods are placed in
// their first cycle all along, and nobody is evicted.
func TestPodsArePlacedWhileTheExtenderStopsAndDies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "500m")
	configuration := w.shipped(t)
	extender := newSidecar(t, configuration)
	extender.start(t)
	scheduler := startScheduler(t, configuration)
	placed := 0
	place := func(prefix string) {
		w.place(t, prefix, podCount)
		placed += podCount
		checkAttempts(t, scheduler, placed)
	}
	place("well")
	extender.signal(t, syscall.SIGSTOP)
	place("stopped")
	extender.signal(t, syscall.SIGCONT)
	place("again")
	extender.signal(t, syscall.SIGKILL)
	place("dead")
	extender.start(t)
	place("restarted")
	w.checkBystanders(t)
}

// Given a scheduler that dies in the middle of a burst of pods, while the extender hangs, when it is started again, then the rest is
// placed, each pod once and in its first cycle, and nobody is evicted.
func TestABurstSurvivesARestartOfTheScheduler(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "500m")
	configuration := w.shipped(t)
	extender := newSidecar(t, configuration)
	extender.start(t)
	extender.signal(t, syscall.SIGSTOP) // which makes the burst last
	first := startScheduler(t, configuration)
	const many = 40
	w.create(t, "pod", many)
	controlplanetest.Eventually(t, "the burst to have begun", func(ctx context.Context) error {
		if placed, err := first.Metric(ctx, "scheduler_schedule_attempts_total", `result="scheduled"`); err != nil || placed == 0 {
			return fmt.Errorf("%v pods are placed: %w", placed, err)
		}
		return nil
	})
	first.Kill()
	before := w.placements(t, "pod", many)
	if len(before) == many {
		t.Fatal("the scheduler died after the burst, not in the middle: this test shows nothing")
	}
	extender.signal(t, syscall.SIGCONT)
	second := startScheduler(t, configuration)
	w.awaitBound(t, "pod", many)
	after := w.placements(t, "pod", many)
	for name, node := range before {
		if after[name] != node {
			t.Errorf("%s moved from %s to %s", name, node, after[name])
		}
	}
	checkNoRejection(t, second)
	w.checkBystanders(t)
	t.Logf("%d of %d pods were placed before the restart", len(before), many)
}
