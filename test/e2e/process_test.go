package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
)

// ownController is a controller that a test starts in the place of the stack's, to look at its probes and send it signals.
type ownController struct {
	health  string // origin of the probes
	command *exec.Cmd
	output  *synchronised
	ended   chan error
}

// synchronised is a buffer that a process writes and a test reads.
type synchronised struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

// Write implements io.Writer.
func (s *synchronised) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.Write(p)
}

func (s *synchronised) tail() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	content := s.buffer.String()
	return content[max(0, len(content)-4096):]
}

// replaceController stops the stack's controller until the test ends, and runs one with the rights of the administrator instead.
func replaceController(t *testing.T) *ownController {
	t.Helper()
	must(t, product.StopController())
	t.Cleanup(func() { must(t, product.StartController(context.Background())) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := listener.Addr().String()
	must(t, listener.Close())
	root, err := stack.FindRoot(mustGetwd())
	must(t, err)
	c := &ownController{health: "http://" + address, output: &synchronised{}, ended: make(chan error, 1)}
	c.command = exec.Command(filepath.Join(root, "bin", "vpsie-autoscaler"), "controller",
		"--kubernetes-kubeconfig", product.Cluster.Kubeconfig, "--health-listen", address, "--metrics-listen", "127.0.0.1:0",
		"--cluster-name", stack.ClusterName, "--vpsie-url", product.Simulator.URL, "--vpsie-ca-file", product.Simulator.CACertFile,
		"--vpsie-token-file", product.Simulator.TokenFile, "--vpsie-image-id", product.Simulator.ImageIdentifier, "--vpsie-project-id", "1",
		"--vpsie-requests-per-minute", "1200", "--controller-poll-interval", "500ms", "--controller-lost-timeout", "5s")
	c.command.Stdout, c.command.Stderr = c.output, c.output
	c.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(t, c.command.Start())
	go func() { c.ended <- c.command.Wait() }()
	t.Cleanup(func() { _ = c.command.Process.Kill() }) // fails only when it has ended
	eventually(t, "the controller to be ready", func(ctx context.Context) error { return c.probe(ctx, "/readyz") })
	return c
}

// probe asks a probe of the controller, as a kubelet does.
func (c *ownController) probe(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.health+path, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", path, response.Status)
	}
	return nil
}

// Given a controller that waits for an answer of the cloud, when it is asked to end, then it ends in time and without an error, and
// the next one adopts the machine that was ordered.
func TestControllerStopsInTheMiddleOfWork(t *testing.T) {
	for name, signal := range map[string]syscall.Signal{"terminate": syscall.SIGTERM, "interrupt": syscall.SIGINT} {
		t.Run(name, func(t *testing.T) {
			controller := replaceController(t)
			namespace := newNamespace(t, nil)
			must(t, product.Simulator.Inject(t.Context(), map[string]any{
				"match": map[string]any{"hostnameRegex": "-" + name + "-"}, "times": 1, "action": "accept-then-hang",
			}))
			t.Cleanup(func() { must(t, product.Simulator.Heal(context.Background())) })
			must(t, product.Client.Create(t.Context(), newGroup(namespace, name)))
			must(t, product.Client.Create(t.Context(), newDeployment(namespace, "web", 1, "500m", "512Mi")))
			eventually(t, "the order to reach the cloud", func(ctx context.Context) error {
				machines, err := existing(ctx, "-"+name+"-")
				if err != nil || len(machines) != 1 {
					return fmt.Errorf("machines %v: %w", names(machines), err)
				}
				return nil
			})
			must(t, controller.command.Process.Signal(signal))
			select {
			case err := <-controller.ended:
				if err != nil {
					t.Errorf("the controller ended with %v\n%s", err, controller.output.tail())
				}
			case <-time.After(patience):
				t.Fatalf("the controller did not end\n%s", controller.output.tail())
			}
			must(t, product.StartController(t.Context()))
			t.Cleanup(func() { must(t, product.StopController()) }) // for the one that starts it again
			pod := awaitRunning(t, namespace, 1)[0]
			if got := creations(t, pod.Spec.NodeName); got != 1 {
				t.Errorf("%d orders for %s, want 1", got, pod.Spec.NodeName)
			}
			cleanUp(t, namespace)
		})
	}
}

// Given a cloud that answers nothing but errors, then the controller's probes are content, so that no kubelet restarts it, groups are
// admitted and refused as ever, and the work is done once the cloud is back.
func TestProbesAndAdmissionHoldWhileTheCloudIsDown(t *testing.T) {
	controller := replaceController(t)
	namespace := newNamespace(t, nil)
	must(t, product.Simulator.Inject(t.Context(), map[string]any{"action": "status", "status": 503}))
	t.Cleanup(func() { must(t, product.Simulator.Heal(context.Background())) })
	group := newGroup(namespace, "patient")
	group.Spec.MinNodes = 1
	must(t, product.Client.Create(t.Context(), group))
	faulty := newGroup(namespace, "faulty")
	faulty.Spec.MinNodes = 9
	if err := product.Client.Create(t.Context(), faulty); err == nil {
		t.Error("a faulty group was admitted")
	}
	failed := func() (count int) {
		calls, err := product.Simulator.Calls(t.Context())
		must(t, err)
		for _, call := range calls {
			if call.Status == http.StatusServiceUnavailable {
				count++
			}
		}
		return count
	}
	eventually(t, "the controller to have failed often", func(ctx context.Context) error {
		for _, path := range []string{"/healthz", "/readyz"} {
			if err := controller.probe(ctx, path); err != nil {
				t.Errorf("while the cloud is down, %v", err)
			}
		}
		if count := failed(); count < 5 {
			return fmt.Errorf("%d calls have failed", count)
		}
		return nil
	})
	must(t, product.Simulator.Heal(t.Context()))
	awaitNodes(t, namespace, 1, v1alpha1.PhaseReady)
	select {
	case err := <-controller.ended:
		t.Errorf("the controller has ended: %v\n%s", err, controller.output.tail())
	default:
	}
}

// Given two replicas, then only one of them acts; when that one dies without a word, then the other goes on within the time of the
// lease.
func TestStandbyTakesOverFromADeadLeader(t *testing.T) {
	must(t, product.StartStandby(t.Context()))
	namespace := newNamespace(t, nil)
	must(t, product.Client.Create(t.Context(), newGroup(namespace, "bereaved")))
	deployment := newDeployment(namespace, "web", 1, "900m", "1Gi")
	must(t, product.Client.Create(t.Context(), deployment))
	awaitRunning(t, namespace, 1)

	product.KillController()
	t.Cleanup(func() { must(t, product.StartController(context.Background())) })
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"replicas":4}}`))
	must(t, product.Client.Patch(t.Context(), deployment, patch))
	awaitRunning(t, namespace, 4)
	nodes, err := listNodes(t.Context(), namespace)
	must(t, err)
	for _, node := range nodes {
		if got := creations(t, node.Name); got != 1 {
			t.Errorf("%d orders for %s, want 1", got, node.Name)
		}
	}
	cleanUp(t, namespace) // while the standby still leads
	must(t, product.StopStandby())
}
