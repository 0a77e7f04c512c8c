package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/kubescheduler"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
)

// check runs `vpsie-autoscaler extender --check` as the administrator and returns what it prints and its exit code.
func check(t *testing.T, args ...string) (report string, code int) {
	t.Helper()
	args = append([]string{"extender", "--check", "--kubernetes-kubeconfig", product.Cluster.Kubeconfig}, args...)
	output, err := exec.CommandContext(t.Context(), filepath.Join(repository(t), "bin", "vpsie-autoscaler"), args...).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(output), exit.ExitCode()
	}
	must(t, err)
	return string(output), 0
}

func repository(t *testing.T) string {
	t.Helper()
	root, err := stack.FindRoot(mustGetwd())
	must(t, err)
	return root
}

// running are the flags that make the check look at the scheduler of the stack, and say what the extender of the stack serves.
func running() []string {
	dir := filepath.Dir(product.Logs())
	return []string{
		"--scheduler-url", strings.TrimSuffix(product.Cluster.SchedulerMetrics, "/metrics"),
		"--extender-cert-file", filepath.Join(dir, "extender.crt"), "--extender-key-file", filepath.Join(dir, "extender.key"),
		"--extender-client-ca-file", filepath.Join(dir, "extender-ca.crt"),
	}
}

// Given the running scheduler, when its configuration is checked against that of the extender, then nothing is found when they agree,
// and what is wrong is named when they do not.
func TestCheckOfTheRunningScheduler(t *testing.T) {
	for name, test := range map[string]struct {
		flags []string
		code  int
		want  string
	}{
		"they agree":                        {nil, 0, "/configz: no errors"},
		"a verb that is never called":       {[]string{"--extender-preempt=true"}, 0, "warning extenders[0].preemptVerb: is not called"},
		"a verb that is called, but is off": {[]string{"--extender-prioritize=false"}, 1, "error   extenders[0].prioritizeVerb: is called"},
		"a scheduler without machines":      {[]string{"--controller-scheduler-names", "another"}, 1, "error   profiles: schedule for default-scheduler"},
	} {
		t.Run(name, func(t *testing.T) {
			report, code := check(t, append(running(), test.flags...)...)
			if code != test.code || !strings.Contains(report, test.want) {
				t.Errorf("exit code %d, want %d and %q:\n%s", code, test.code, test.want, report)
			}
			if name == "they agree" && strings.Count(report, "\n") != 1 {
				t.Errorf("something was found:\n%s", report)
			}
		})
	}
}

// Given the extender of a control-plane node, then the API server has nothing to say against it.
func TestExtenderOfTheControlPlaneIsValid(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(repository(t), "manifests", "scheduler", "control-plane-extender.yaml"))
	must(t, err)
	set := &unstructured.Unstructured{}
	must(t, yaml.Unmarshal(content, &set.Object))
	must(t, product.Client.Create(t.Context(), set, client.DryRunAll, client.FieldValidation("Strict")))
}

// Given the static pod of a scheduler as kubeadm writes it with our patch, then kube-scheduler starts with that command and our
// configuration, and the check finds nothing wrong with what it runs with.
func TestSchedulerStartsWithTheKubeadmPatch(t *testing.T) {
	folder := filepath.Join(repository(t), "manifests", "scheduler")
	pod, err := kubescheduler.StaticPod(repository(t))
	must(t, err)
	command := pod.Spec.Containers[0].Command
	dir, files := t.TempDir(), filepath.Dir(product.Logs())
	moved := strings.NewReplacer("/etc/kubernetes/vpsie", dir, "/etc/kubernetes/scheduler.conf", product.Cluster.Kubeconfig)
	content, err := os.ReadFile(filepath.Join(folder, "kubeschedulerconfiguration.yaml"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "kubeschedulerconfiguration.yaml"), []byte(moved.Replace(string(content))), 0o600))
	for from, to := range map[string]string{"extender-ca.crt": "ca.crt", "scheduler.crt": "scheduler.crt", "scheduler.key": "scheduler.key"} {
		must(t, os.Link(filepath.Join(files, from), filepath.Join(dir, to)))
	}
	for i := range command {
		command[i] = moved.Replace(command[i])
	}
	binary, err := kubescheduler.Binary(repository(t))
	must(t, err)
	scheduler, err := kubescheduler.Start(t.Context(), kubescheduler.Options{Binary: binary, Dir: dir, Flags: command[1:]})
	must(t, err)
	t.Cleanup(func() { must(t, scheduler.Stop()) })
	report, code := check(t, append(running(), "--scheduler-url", scheduler.URL)...)
	if want := scheduler.URL + "/configz: no errors\n"; code != 0 || report != want {
		t.Errorf("exit code %d, report\n%swant\n%s", code, report, want)
	}
}
