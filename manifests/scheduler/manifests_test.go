package scheduler_test

import (
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
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
	config := checked(t, manifest.Configuration)
	if e := config.LeaderElection; e.LeaderElect == nil || !*e.LeaderElect || e.ResourceName != "vpsie-scheduler" || e.ResourceNamespace != "vpsie-system" {
		t.Errorf("it elects its leader by %+v, want a Lease that is not the built-in scheduler's", e)
	}
	var deployment appsv1.Deployment
	decodeObject(t, manifest.Deployment, &deployment)
	sidecar := deployment.Spec.Template.Spec.Containers[1]
	if want := "http://" + flag(t, sidecar.Args, "--extender-listen") + extender.PathPrefix; config.Extenders[0].URLPrefix != want {
		t.Errorf("the scheduler calls %s, its sidecar answers at %s", config.Extenders[0].URLPrefix, want)
	}
	if got := deployment.Spec.Template.Spec.SchedulerName; got != corev1.DefaultSchedulerName {
		t.Errorf("its own pods are placed by %q: they would wait for themselves", got)
	}
}

// checked is the configuration of a second scheduler, in which extender --check finds nothing wrong.
func checked(t *testing.T, configuration kubescheduler.Configuration) *extender.Configuration {
	t.Helper()
	content, err := yaml.Marshal(configuration)
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
	return config
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

// The second scheduler with exact diagnoses must find its files, and the controller by the name of its Service.
func TestTheSchedulerWithExactDiagnosesFindsTheController(t *testing.T) {
	manifest, err := kubescheduler.RenderManifest("../../kustomize/overlays/exact-diagnoses")
	if err != nil {
		t.Fatal(err)
	}
	config := checked(t, manifest.Configuration)
	base, err := kubescheduler.ReadManifest("second-scheduler.yaml")
	if err != nil {
		t.Fatal(err)
	}
	without := maps.Clone(manifest.Configuration)
	without["profiles"] = base.Configuration["profiles"]
	if diff := cmp.Diff(base.Configuration, without); diff != "" {
		t.Errorf("beside the profile it differs from the second scheduler (-second +exact):\n%s", diff)
	}
	if len(config.Profiles[0].PluginConfig) != 1 {
		t.Fatalf("the plugins have arguments %+v, want those of one", config.Profiles[0].PluginConfig)
	}
	var args struct{ Endpoint, ServerName, CAFile, CertFile, KeyFile string }
	if err := yaml.Unmarshal(config.Profiles[0].PluginConfig[0].Args.Raw, &args); err != nil {
		t.Fatal(err)
	}
	var deployment appsv1.Deployment
	var service corev1.Service
	decodeObject(t, manifest.Deployment, &deployment)
	for _, object := range manifest.Others {
		if object.GetKind() == "Service" {
			decodeObject(t, object, &service)
		}
	}
	if want := fmt.Sprintf("https://%s.%s.svc:%d", service.Name, service.Namespace, service.Spec.Ports[0].Port); args.Endpoint != want {
		t.Errorf("the plugin reports to %s, the controller is %s", args.Endpoint, want)
	}
	if service.Spec.ClusterIP != corev1.ClusterIPNone {
		t.Error("the Service has an address of its own: only one replica would get each report")
	}
	pod := deployment.Spec.Template.Spec
	scheduler := pod.Containers[0]
	for _, file := range []string{args.CAFile, args.CertFile, args.KeyFile} {
		folder := path.Dir(file)
		at := slices.IndexFunc(scheduler.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == folder })
		if at < 0 || !slices.ContainsFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == scheduler.VolumeMounts[at].Name && v.Secret != nil }) {
			t.Errorf("%s is in no Secret that is mounted", file)
		}
	}
	if scheduler.Name != "kube-scheduler" || scheduler.Command[0] != "vpsie-kube-scheduler" || strings.HasPrefix(scheduler.Image, "registry.k8s.io/") {
		t.Errorf("container %s runs %v of %s, which has no such plugin", scheduler.Name, scheduler.Command, scheduler.Image)
	}
}

func decodeObject(t *testing.T, object *unstructured.Unstructured, into any) {
	t.Helper()
	content, err := yaml.Marshal(object.Object)
	if err != nil {
		t.Fatal(err)
	}
	decode(t, object.GetKind(), content, into)
}
