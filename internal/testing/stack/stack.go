package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane"
)

// SystemNamespace is where the suite keeps its own objects.
const SystemNamespace = "vpsie-system"

// ClusterName starts the host name of every machine.
const ClusterName = "local"

// Names of the suite's processes.
const (
	Controller = "controller"
	Extender   = "extender"
	Webhook    = "webhook"
	Standby    = "all"
)

// Options of Start.
type Options struct {
	// Root is the repository; its binaries are in bin, its manifests in manifests.
	Root string
	// Dir takes configuration, certificates and logs. It must exist.
	Dir string
	// Latency is how fast the simulated cloud is: realistic, fast or none.
	Latency string
	// Progress gets a line for each step. Nil: nothing is shown.
	Progress io.Writer
	// Settings are flags of the controller beside those it needs here.
	Settings []string
}

// Stack is the running product.
type Stack struct {
	Cluster   *controlplane.Cluster
	Simulator *Simulator
	// Client acts as the administrator, without a cache.
	Client client.Client

	options      Options
	certificates certificates
	processes    map[string]*Process
	extender     string            // host:port that the scheduler calls
	metrics      map[string]string // host:port of the metrics by process
}

// Start starts everything and returns when all of it is ready. What was started before an error is stopped again.
func Start(ctx context.Context, options Options) (*Stack, error) {
	s := &Stack{options: options, processes: map[string]*Process{}, metrics: map[string]string{}}
	for _, step := range []struct {
		name string
		take func(context.Context) error
	}{
		{"control plane", s.startCluster},
		{"simulated cloud", s.startSimulator},
		{"manifests", s.applyManifests},
		{"webhook", s.startWebhook},
		{"extender", s.startExtender},
		{"controller", s.StartController},
	} {
		began := time.Now()
		if err := step.take(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", step.name, err), s.Stop())
		}
		s.progress("%-16s ready after %.1f s", step.name, time.Since(began).Seconds())
	}
	return s, nil
}

func (s *Stack) progress(format string, args ...any) {
	if s.options.Progress != nil {
		fmt.Fprintf(s.options.Progress, format+"\n", args...)
	}
}

// startCluster starts the control plane with a scheduler that asks the extender, which starts later on the address chosen here.
func (s *Stack) startCluster(ctx context.Context) error {
	var err error
	if s.certificates, err = writeCertificates(s.options.Dir); err != nil {
		return err
	}
	if s.extender, err = freeAddress(); err != nil {
		return err
	}
	schedulerConfig := filepath.Join(s.options.Dir, "scheduler.yaml")
	if err := writeSchedulerConfig(s.manifest("scheduler", "kubeschedulerconfiguration.yaml"), schedulerConfig, s.extender, s.certificates); err != nil {
		return err
	}
	s.Cluster, err = controlplane.Start(ctx, controlplane.Options{SchedulerConfig: schedulerConfig, Progress: s.options.Progress})
	if err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	s.Client, err = client.New(s.Cluster.Config(), client.Options{Scheme: scheme})
	return err
}

func (s *Stack) startSimulator(ctx context.Context) error {
	var err error
	s.Simulator, err = startSimulator(ctx, s.binary("vpsie-sim"), s.options.Dir, s.options.Latency)
	return err
}

func (s *Stack) applyManifests(ctx context.Context) error {
	return s.Cluster.ApplyFiles(ctx,
		s.manifest("crds", "autoscaler.vpsie.com_nodegroups.yaml"),
		s.manifest("crds", "autoscaler.vpsie.com_vpsienodes.yaml"),
		s.manifest("namespace.yaml"),
		s.manifest("rbac", "controller.yaml"),
		s.manifest("rbac", "extender.yaml"),
		s.manifest("rbac", "webhook.yaml"),
		s.manifest("rbac", "metrics.yaml"),
	)
}

// StartController starts the controller, also after KillController.
func (s *Stack) StartController(ctx context.Context) error {
	return s.start(ctx, Controller, s.controllerArguments())
}

func (s *Stack) controllerArguments() []string {
	return append([]string{
		"--cluster-name", ClusterName,
		"--vpsie-url", s.Simulator.URL,
		"--vpsie-ca-file", s.Simulator.CACertFile,
		"--vpsie-token-file", s.Simulator.TokenFile,
		"--vpsie-image-id", s.Simulator.ImageIdentifier,
		"--vpsie-project-id", "1",
		"--vpsie-requests-per-minute", "1200",
		"--controller-poll-interval", "500ms",
	}, s.options.Settings...)
}

// StartStandby starts controller, extender and webhook in one more process, with the rights of the administrator. Its controller
// waits for the election until the other one ends.
func (s *Stack) StartStandby(ctx context.Context) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	return s.launch(ctx, Standby, s.Cluster.Kubeconfig, append(s.controllerArguments(),
		"--extender-listen", "127.0.0.1:0",
		"--webhook-host", host, "--webhook-port", port, "--webhook-dns-names", "localhost",
		"--webhook-cert-dir", filepath.Join(s.options.Dir, "standby-tls"),
	))
}

// StopStandby asks the standby to end.
func (s *Stack) StopStandby() error { return s.stop(Standby) }

// KillController ends the controller as a crash would.
func (s *Stack) KillController() {
	s.processes[Controller].Kill()
	delete(s.processes, Controller)
}

// StopController asks the controller to end, as a rollout would.
func (s *Stack) StopController() error { return s.stop(Controller) }

func (s *Stack) stop(name string) error {
	process := s.processes[name]
	delete(s.processes, name)
	return process.Stop()
}

func (s *Stack) startExtender(ctx context.Context) error {
	return s.start(ctx, Extender, []string{
		"--extender-listen", s.extender,
		"--extender-cert-file", s.certificates.ServerCert,
		"--extender-key-file", s.certificates.ServerKey,
		"--extender-client-ca-file", s.certificates.CA,
	})
}

// start launches a sub-command of the suite as its own service account.
func (s *Stack) start(ctx context.Context, name string, args []string) error {
	kubeconfig := filepath.Join(s.options.Dir, name+".kubeconfig")
	account := types.NamespacedName{Namespace: SystemNamespace, Name: "vpsie-autoscaler-" + name}
	if err := s.Cluster.WriteServiceAccountKubeconfig(ctx, account, kubeconfig); err != nil {
		return err
	}
	return s.launch(ctx, name, kubeconfig, args)
}

// launch starts one sub-command of the suite and waits until it is ready.
func (s *Stack) launch(ctx context.Context, name, kubeconfig string, args []string) error {
	health, err := freeAddress()
	if err != nil {
		return err
	}
	if s.metrics[name], err = freeAddress(); err != nil {
		return err
	}
	args = append([]string{
		name, "--kubernetes-kubeconfig", kubeconfig, "--health-listen", health, "--metrics-listen", s.metrics[name],
	}, args...)
	process, err := startProcess(s.options.Dir, name, exec.Command(s.binary("vpsie-autoscaler"), args...))
	if err != nil {
		return err
	}
	s.processes[name] = process
	return process.awaitReady(ctx, "http://"+health+"/readyz")
}

// Stop ends everything, the suite first, and returns when no process is left.
func (s *Stack) Stop() error {
	var faults []error
	for _, name := range []string{Standby, Controller, Extender, Webhook} {
		if process := s.processes[name]; process != nil {
			faults = append(faults, process.Stop())
		}
	}
	if s.Simulator != nil && s.Simulator.Process != nil {
		faults = append(faults, s.Simulator.Process.Stop())
	}
	if s.Cluster != nil {
		faults = append(faults, s.Cluster.Stop())
	}
	return errors.Join(faults...)
}

// MetricsURL is where one of the suite's processes shows its metrics.
func (s *Stack) MetricsURL(name string) string { return "https://" + s.metrics[name] + "/metrics" }

// Logs names the log files of the suite's processes.
func (s *Stack) Logs() string { return filepath.Join(s.options.Dir, "*.log") }

func (s *Stack) binary(name string) string { return filepath.Join(s.options.Root, "bin", name) }

func (s *Stack) manifest(path ...string) string {
	return filepath.Join(append([]string{s.options.Root, "manifests"}, path...)...)
}

// freeAddress finds a loopback address that nobody listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)), nil
}

// FindRoot finds the repository from a folder inside it.
func FindRoot(from string) (string, error) {
	for dir := from; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "manifests", "crds")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not inside the repository", from)
		}
	}
}
