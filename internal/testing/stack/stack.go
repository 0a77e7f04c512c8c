package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane"
)

// SystemNamespace is where the suite keeps its own objects.
const SystemNamespace = "vpsie-system"

// CredentialsSecret holds the VPSie token where the suite buys workers; elsewhere a file does.
const CredentialsSecret = "vpsie-credentials"

// ClusterName starts the host name of every machine.
const ClusterName = "local"

// managedCluster is what VPSie calls the control plane when the suite buys workers.
const managedCluster = "HEL-Kubernetes-49ab"

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
	// Managed makes the suite buy workers of a managed cluster that is this control plane.
	Managed bool
	// Settings are flags of the controller beside those it needs here.
	Settings []string
	// Scheduler are fields of the scheduler's configuration beside those it is shipped with, or in their place.
	Scheduler map[string]any
}

// Stack is the running product.
type Stack struct {
	Cluster   *controlplane.Cluster
	Simulator *Simulator
	// Client acts as the administrator, without a cache.
	Client client.Client

	options      Options
	certificates Certificates
	processes    map[string]*Process
	extender     string            // host:port that the scheduler calls
	webhook      []string          // arguments of the webhook
	metrics      map[string]string // host:port of the metrics by process
}

// step is one part of a start.
type step struct {
	name string
	take func(context.Context) error
}

// Start starts everything and returns when all of it is ready. What was started before an error is stopped again.
func Start(ctx context.Context, options Options) (*Stack, error) {
	s := newStack(options)
	return s.start(ctx, []step{
		{"control plane", s.startCluster},
		{"simulated cloud", s.startSimulator},
		{"manifests", s.applyManifests},
		{"webhook", s.startWebhook},
		{"extender", s.startExtender},
		{"controller", s.StartController},
	})
}

// StartExtender starts the control plane and the extender alone: nothing is bought, and no pod is admitted by a webhook.
func StartExtender(ctx context.Context, options Options) (*Stack, error) {
	s := newStack(options)
	return s.start(ctx, []step{
		{"control plane", s.startCluster},
		{"manifests", s.applyManifests},
		{"extender", s.startExtender},
	})
}

func newStack(options Options) *Stack {
	return &Stack{options: options, processes: map[string]*Process{}, metrics: map[string]string{}}
}

func (s *Stack) start(ctx context.Context, steps []step) (*Stack, error) {
	for _, step := range steps {
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
	if s.certificates, err = WriteCertificates(s.options.Dir); err != nil {
		return err
	}
	if s.extender, err = freeAddress(); err != nil {
		return err
	}
	if err := s.writeSchedulerConfig(); err != nil {
		return err
	}
	s.Cluster, err = controlplane.Start(ctx, controlplane.Options{SchedulerConfig: s.SchedulerConfig(), Progress: s.options.Progress})
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
	var flags []string
	if s.options.Managed {
		flags = []string{"--cluster", managedCluster, "--kubeconfig", s.Cluster.Kubeconfig}
	}
	var err error
	s.Simulator, err = startSimulator(ctx, s.binary("vpsie-sim"), s.options.Dir, s.options.Latency, flags...)
	return err
}

func (s *Stack) applyManifests(ctx context.Context) error {
	if err := s.Cluster.ApplyFiles(ctx,
		s.manifest("crds", "autoscaler.vpsie.com_nodegroups.yaml"),
		s.manifest("crds", "autoscaler.vpsie.com_vpsienodes.yaml"),
		s.manifest("namespace.yaml"),
		s.manifest("rbac", "controller.yaml"),
		s.manifest("rbac", "extender.yaml"),
		s.manifest("rbac", "webhook.yaml"),
		s.manifest("rbac", "metrics.yaml"),
	); err != nil || !s.options.Managed {
		return err
	}
	return s.makeCredentials(ctx)
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
