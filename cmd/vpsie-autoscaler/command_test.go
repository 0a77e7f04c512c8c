package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/internal/config"
)

// runAsMain makes the test binary be the command itself, so that exit code and output are those of a user's terminal.
const runAsMain = "TEST_RUN_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(runAsMain) != "" {
		main()
		os.Exit(0)
	}
	_ = os.Unsetenv("KUBERNETES_SERVICE_HOST") // no test may find the cluster that it happens to run in
	os.Exit(m.Run())
}

// execute runs the command as a process of its own, without anything of this process's environment.
func execute(t *testing.T, environ []string, args ...string) (exit int, output string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), self, args...)
	command.Env = append([]string{runAsMain + "=1"}, environ...)
	var both bytes.Buffer
	command.Stdout, command.Stderr = &both, &both
	err = command.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return command.ProcessState.ExitCode(), both.String()
}

func lines(output string) []string {
	return strings.Split(strings.TrimSuffix(output, "\n"), "\n")
}

func TestInvalidConfigurationListsEveryFaultOnALineOfItsOwn(t *testing.T) {
	exit, output := execute(t, []string{"VPSIE_LOG_LEVEL=loud"}, "controller", "--kubernetes-qps=-1", "--controller-batch-idle=soon")
	if exit != 1 {
		t.Errorf("exit code %d, want 1", exit)
	}
	wanted := []string{"log.level", "kubernetes.qps", "controller.batchIdle", "vpsie.tokenFile", "vpsie.projectID", "vpsie.imageID"}
	for _, want := range wanted {
		if !strings.Contains(output, want) {
			t.Errorf("%s is not named in:\n%s", want, output)
		}
	}
	for _, line := range lines(output) {
		if !strings.HasPrefix(line, "vpsie-autoscaler: ") {
			t.Errorf("line %q is no fault; the whole output:\n%s", line, output)
		}
	}
}

func TestEachRoleAsksOnlyForWhatItNeeds(t *testing.T) {
	tests := map[string]struct {
		args []string
		want string // a key that must be named; empty when nothing about the configuration is wrong
		not  string
	}{
		"the controller needs a token":     {[]string{"controller"}, "vpsie.tokenFile", "webhook."},
		"the extender needs none":          {[]string{"extender"}, "", "vpsie.tokenFile"},
		"the webhook needs a certificate":  {[]string{"webhook", "--webhook-rotate-certificates=false"}, "webhook.certDir", "vpsie.tokenFile"},
		"all of them in one needs it all":  {[]string{"all", "--webhook-rotate-certificates=false"}, "webhook.certDir", "extender.certFile"},
		"a misspelt flag is not swallowed": {[]string{"extender", "--no-such-flag"}, "--no-such-flag", "vpsie."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			command := newCommand(nil)
			command.SetArgs(test.args)
			err := command.ExecuteContext(t.Context())
			if err == nil {
				t.Fatal("the command ran without an API server")
			}
			var faults config.Faults
			if test.want == "" && errors.As(err, &faults) {
				t.Errorf("faults: %v", faults)
			}
			if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), test.not) {
				t.Errorf("error %v, want one with %q and without %q", err, test.want, test.not)
			}
		})
	}
}

// kubeconfig writes the way to an API server into a file.
func kubeconfig(t *testing.T, server string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	content := "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: c\n  cluster:\n    server: " + server +
		"\ncontexts:\n- name: c\n  context:\n    cluster: c\n    user: u\nusers:\n- name: u\n  user: {}\n"
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// closedPort is an address on which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestUnreachableAPIServerIsOneClearLine(t *testing.T) {
	address := closedPort(t)
	exit, output := execute(t, nil, "extender", "--kubernetes-kubeconfig="+kubeconfig(t, "https://"+address))
	if exit != 1 || len(lines(output)) != 1 {
		t.Errorf("exit code %d with:\n%s\nwant 1 and one line", exit, output)
	}
	for _, want := range []string{"vpsie-autoscaler: cannot reach the API server", address} {
		if !strings.Contains(output, want) {
			t.Errorf("no %q in:\n%s", want, output)
		}
	}
}

func TestStopWhileTheAPIServerDoesNotAnswer(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		if connection, err := silent.Accept(); err == nil {
			defer connection.Close()
			stop()
			<-t.Context().Done() // without an answer until the test ends
		}
	}()
	command := newCommand(nil)
	command.SetArgs([]string{"extender", "--kubernetes-kubeconfig=" + kubeconfig(t, "http://"+silent.Addr().String())})
	err = command.ExecuteContext(ctx)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "cannot reach the API server") {
		t.Errorf("error %v, want one that says the API server was not reached before the stop", err)
	}
}

func TestMissingWayToTheAPIServerNamesTheRemedy(t *testing.T) {
	exit, output := execute(t, nil, "extender")
	if exit != 1 || len(lines(output)) != 1 || !strings.Contains(output, "kubernetes.kubeconfig") {
		t.Errorf("exit code %d with:\n%s\nwant 1 and one line that names kubernetes.kubeconfig", exit, output)
	}
}
