package stack

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Names of the suite's processes.
const (
	Controller = "controller"
	Extender   = "extender"
	Webhook    = "webhook"
	Standby    = "all"
)

// StartController starts the controller, also after KillController.
func (s *Stack) StartController(ctx context.Context) error {
	return s.startPart(ctx, Controller, s.controllerArguments())
}

func (s *Stack) controllerArguments() []string {
	args := append(s.cloudArguments(), "--controller-poll-interval", "500ms")
	if s.options.Managed {
		args = append(args, "--vpsie-secret-name", CredentialsSecret)
	} else {
		args = append(args, "--vpsie-token-file", s.Simulator.TokenFile)
	}
	return append(args, s.options.Settings...)
}

// makeCredentials makes the Secret that the controller of a managed cluster takes its token from.
func (s *Stack) makeCredentials(ctx context.Context) error {
	token, err := os.ReadFile(s.Simulator.TokenFile)
	if err != nil {
		return err
	}
	return s.Client.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: SystemNamespace, Name: CredentialsSecret}, Data: map[string][]byte{"token": token},
	})
}

// cloudArguments lead to the simulated cloud, and say whose machines are ours there.
func (s *Stack) cloudArguments() []string {
	args := []string{
		"--cluster-name", ClusterName,
		"--vpsie-url", s.Simulator.URL,
		"--vpsie-ca-file", s.Simulator.CACertFile,
		"--vpsie-requests-per-minute", "1200",
	}
	if s.options.Managed {
		return append(args, "--vpsie-mode", "kubernetes", "--vpsie-cluster-id", s.Simulator.Clusters[0].Identifier)
	}
	return append(args, "--vpsie-image-id", s.Simulator.ImageIdentifier, "--vpsie-project-id", "1")
}

// StartStandby starts controller, extender and webhook in one more process, with the rights of the administrator. Its controller
// waits for the election until the other one ends.
func (s *Stack) StartStandby(ctx context.Context) error {
	_, webhookArguments, err := s.webhookArguments("standby-tls")
	if err != nil {
		return err
	}
	args := append(s.controllerArguments(), "--extender-listen", "127.0.0.1:0")
	return s.launch(ctx, Standby, s.Cluster.Kubeconfig, append(args, webhookArguments...))
}

// StopStandby asks the standby to end.
func (s *Stack) StopStandby() error { return s.stop(Standby) }

// KillController ends the controller as a crash would.
func (s *Stack) KillController() { s.Kill(Controller) }

// Kill ends one of the suite's processes as a crash would.
func (s *Stack) Kill(name string) {
	s.processes[name].Kill()
	delete(s.processes, name)
}

// Process is one of the suite's processes; nil when it does not run.
func (s *Stack) Process(name string) *Process { return s.processes[name] }

// StopController asks the controller to end, as a rollout would.
func (s *Stack) StopController() error { return s.stop(Controller) }

func (s *Stack) stop(name string) error {
	process := s.processes[name]
	delete(s.processes, name)
	return process.Stop()
}

func (s *Stack) startExtender(ctx context.Context) error {
	return s.startPart(ctx, Extender, []string{
		"--extender-listen", s.extender,
		"--extender-cert-file", s.certificates.ServerCert,
		"--extender-key-file", s.certificates.ServerKey,
		"--extender-client-ca-file", s.certificates.CA,
	})
}

// startPart launches a sub-command of the suite as its own service account.
func (s *Stack) startPart(ctx context.Context, name string, args []string) error {
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
