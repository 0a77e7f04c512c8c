package scheduler_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/vpsie/vpsie-autoscaler/extender"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/kubescheduler"
)

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func decode(t *testing.T, what string, content []byte, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict(content, into); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// mounted reports whether a container finds a path in a folder that its pod mounts from its node.
func mounted(pod corev1.PodSpec, container corev1.Container, path string) bool {
	for _, mount := range container.VolumeMounts {
		if path != mount.MountPath && !strings.HasPrefix(path, mount.MountPath+"/") {
			continue
		}
		return slices.ContainsFunc(pod.Volumes, func(v corev1.Volume) bool {
			return v.Name == mount.Name && v.HostPath != nil && v.HostPath.Path == mount.MountPath
		})
	}
	return false
}

func TestTheKubeadmPatchGivesTheSchedulerItsConfigurationAndEveryFileThatNames(t *testing.T) {
	pod, err := kubescheduler.StaticPod("../..")
	if err != nil {
		t.Fatal(err)
	}
	container := pod.Spec.Containers[0]
	const file = "/etc/kubernetes/vpsie/kubeschedulerconfiguration.yaml"
	if !slices.Contains(container.Command, "--config="+file) {
		t.Errorf("the command %v has no --config=%s", container.Command, file)
	}
	config, err := extender.ReadConfiguration(read(t, "kubeschedulerconfiguration.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	tls := config.Extenders[0].TLSConfig
	for _, path := range []string{file, tls.CAFile, tls.CertFile, tls.KeyFile, config.ClientConnection.Kubeconfig} {
		if !mounted(pod.Spec, container, path) {
			t.Errorf("%s is not mounted into the scheduler's pod", path)
		}
	}
}

// The scheduler and the extender of a control-plane node must mean the same address, files and name.
func TestTheExtenderOfTheControlPlaneListensWhereItsSchedulerCalls(t *testing.T) {
	var set appsv1.DaemonSet
	decode(t, "the DaemonSet", read(t, "control-plane-extender.yaml"), &set)
	pod := set.Spec.Template.Spec
	container := pod.Containers[0]
	config, err := extender.ReadConfiguration(read(t, "kubeschedulerconfiguration.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	address := flag(t, container.Args, "--extender-listen")
	if want := "https://" + address + extender.PathPrefix; config.Extenders[0].URLPrefix != want {
		t.Errorf("the scheduler calls %s, the extender answers at %s", config.Extenders[0].URLPrefix, want)
	}
	if !pod.HostNetwork {
		t.Error("the loopback of the pod is not that of the scheduler: want hostNetwork")
	}
	for _, name := range []string{"--extender-cert-file", "--extender-key-file", "--extender-client-ca-file"} {
		if path := flag(t, container.Args, name); !mounted(pod, container, path) {
			t.Errorf("%s %s is not mounted", name, path)
		}
	}
	if got := flag(t, container.Args, "--extender-client-ca-file"); got != config.Extenders[0].TLSConfig.CAFile {
		t.Errorf("the extender trusts %s, the scheduler %s: one authority is enough", got, config.Extenders[0].TLSConfig.CAFile)
	}
}

func TestTheSecondSchedulerCallsItsSidecarAndHoldsItsOwnLease(t *testing.T) {
	manifest, err := kubescheduler.ReadManifest("second-scheduler.yaml")
	if err != nil {
		t.Fatal(err)
	}
	content, err := yaml.Marshal(manifest.Configuration)
	if err != nil {
		t.Fatal(err)
	}
	config, err := extender.ReadConfiguration(content)
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range extender.Check(config, extender.Expectation{Prioritize: true, SchedulerNames: []string{"vpsie-scheduler"}}) {
		t.Errorf("its configuration: %v", finding)
	}
	if e := config.LeaderElection; e.LeaderElect == nil || !*e.LeaderElect || e.ResourceName != "vpsie-scheduler" || e.ResourceNamespace != "vpsie-system" {
		t.Errorf("it elects its leader by %+v, want a Lease that is not the built-in scheduler's", e)
	}
	var deployment appsv1.Deployment
	if content, err = yaml.Marshal(manifest.Deployment.Object); err != nil {
		t.Fatal(err)
	}
	decode(t, "the Deployment", content, &deployment)
	sidecar := deployment.Spec.Template.Spec.Containers[1]
	if want := "http://" + flag(t, sidecar.Args, "--extender-listen") + extender.PathPrefix; config.Extenders[0].URLPrefix != want {
		t.Errorf("the scheduler calls %s, its sidecar answers at %s", config.Extenders[0].URLPrefix, want)
	}
	if got := deployment.Spec.Template.Spec.SchedulerName; got != corev1.DefaultSchedulerName {
		t.Errorf("its own pods are placed by %q: they would wait for themselves", got)
	}
}

func flag(t *testing.T, args []string, name string) string {
	t.Helper()
	for _, arg := range args {
		if value, found := strings.CutPrefix(arg, name+"="); found {
			return value
		}
	}
	t.Fatalf("the arguments %v have no %s", args, name)
	return ""
}
