package bootstrap_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
)

const joinPath = "/run/vpsie/kubeadm-join.yaml"

// cloudConfig is the part of cloud-init's format that a machine acts on.
type cloudConfig struct {
	Hostname         string     `json:"hostname"`
	PreserveHostname bool       `json:"preserve_hostname"`
	WriteFiles       []file     `json:"write_files"`
	RunCmd           [][]string `json:"runcmd"`
}

type file struct {
	Path        string `json:"path"`
	Permissions string `json:"permissions"`
	Content     string `json:"content"`
}

// joinConfiguration is the part of kubeadm's format that a machine acts on.
type joinConfiguration struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Discovery  struct {
		BootstrapToken struct {
			Token             string   `json:"token"`
			APIServerEndpoint string   `json:"apiServerEndpoint"`
			CACertHashes      []string `json:"caCertHashes"`
		} `json:"bootstrapToken"`
	} `json:"discovery"`
	NodeRegistration struct {
		Name             string         `json:"name"`
		Taints           []corev1.Taint `json:"taints"`
		KubeletExtraArgs []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"kubeletExtraArgs"`
	} `json:"nodeRegistration"`
}

func (j *joinConfiguration) kubeletArgs() map[string]string {
	args := map[string]string{}
	for _, arg := range j.NodeRegistration.KubeletExtraArgs {
		args[arg.Name] = arg.Value
	}
	return args
}

func machine() bootstrap.Machine {
	return bootstrap.Machine{
		Hostname: "prod-web-abc",
		Cluster:  bootstrap.Cluster{Endpoint: "10.0.0.1:6443", CACertHash: "sha256:abcd", KubernetesVersion: "v1.37.2"},
		Token:    "abcdef.0123456789abcdef",
		Labels:   map[string]string{"b.example.com/two": "2", "a.example.com/one": "1"},
		Taints: []corev1.Taint{
			{Key: "autoscaler.vpsie.com/uninitialized", Effect: corev1.TaintEffectNoSchedule},
			{Key: "dedicated", Value: "batch", Effect: corev1.TaintEffectNoExecute},
		},
		Capacity: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("8Gi")},
	}
}

// parse reads user data the way a machine does: as cloud-config, and the kubeadm configuration out of its files.
func parse(userData []byte) (cloudConfig, joinConfiguration, error) {
	var config cloudConfig
	var join joinConfiguration
	if !bytes.HasPrefix(userData, []byte("#cloud-config\n")) {
		return config, join, fmt.Errorf("no #cloud-config header")
	}
	if err := yaml.UnmarshalStrict(userData, &config); err != nil {
		return config, join, fmt.Errorf("cloud-config: %w", err)
	}
	for _, f := range config.WriteFiles {
		if f.Path == joinPath {
			return config, join, yaml.UnmarshalStrict([]byte(f.Content), &join)
		}
	}
	return config, join, fmt.Errorf("no file %s", joinPath)
}

func mustParse(t *testing.T, m bootstrap.Machine) (cloudConfig, joinConfiguration) {
	t.Helper()
	userData, err := bootstrap.UserData(m)
	if err != nil {
		t.Fatal(err)
	}
	config, join, err := parse(userData)
	if err != nil {
		t.Fatalf("%v in:\n%s", err, userData)
	}
	return config, join
}

func TestUserDataJoinsTheClusterByItsHostName(t *testing.T) {
	config, join := mustParse(t, machine())
	if config.Hostname != "prod-web-abc" || config.PreserveHostname || join.NodeRegistration.Name != "prod-web-abc" {
		t.Errorf("host name %q (preserved: %t), node name %q", config.Hostname, config.PreserveHostname, join.NodeRegistration.Name)
	}
	if join.APIVersion != "kubeadm.k8s.io/v1beta4" || join.Kind != "JoinConfiguration" {
		t.Errorf("kubeadm document is %s %s", join.APIVersion, join.Kind)
	}
	token := join.Discovery.BootstrapToken
	if token.Token != "abcdef.0123456789abcdef" || token.APIServerEndpoint != "10.0.0.1:6443" || !cmp.Equal(token.CACertHashes, []string{"sha256:abcd"}) {
		t.Errorf("discovery: %+v", token)
	}
}

func TestUserDataInstallsThenJoinsThenForgetsTheToken(t *testing.T) {
	config, _ := mustParse(t, machine())
	want := [][]string{{"/run/vpsie/install.sh"}, {"kubeadm", "join", "--config", joinPath}, {"rm", "-f", joinPath}}
	if diff := cmp.Diff(want, config.RunCmd); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	permissions := map[string]string{}
	for _, f := range config.WriteFiles {
		permissions[f.Path] = f.Permissions
		if f.Path != joinPath && strings.Contains(f.Content, "0123456789abcdef") {
			t.Errorf("the token is in %s too", f.Path)
		}
	}
	if diff := cmp.Diff(map[string]string{joinPath: "0600", "/run/vpsie/install.sh": "0700"}, permissions); diff != "" {
		t.Errorf("permissions (-want +got):\n%s", diff)
	}
}

func TestNodeHasItsTaintsFromTheFirstMoment(t *testing.T) {
	m := machine()
	_, join := mustParse(t, m)
	if diff := cmp.Diff(m.Taints, join.NodeRegistration.Taints); diff != "" {
		t.Errorf("taints (-want +got):\n%s", diff)
	}
}

func TestKubeletIsToldItsLabelsAndReservations(t *testing.T) {
	_, join := mustParse(t, machine())
	want := map[string]string{
		"node-labels":   "a.example.com/one=1,b.example.com/two=2",
		"kube-reserved": "cpu=70m,memory=1843Mi",
		"eviction-hard": "memory.available<100Mi,nodefs.available<10%",
	}
	if diff := cmp.Diff(want, join.kubeletArgs()); diff != "" {
		t.Errorf("kubelet arguments (-want +got):\n%s", diff)
	}
}

func TestMachineInstallsTheClustersVersion(t *testing.T) {
	for version, want := range map[string][]string{
		"v1.37.2":      {"stable:/v1.37/deb/", "kubelet=1.37.2-*", "kubeadm=1.37.2-*"},
		"v1.36.0":      {"stable:/v1.36/deb/", "kubelet=1.36.0-*"},
		"v1.37.2+k3s1": {"stable:/v1.37/deb/", "kubelet=1.37.2-*"},
	} {
		m := machine()
		m.Cluster.KubernetesVersion = version
		config, _ := mustParse(t, m)
		for _, text := range want {
			if !strings.Contains(config.WriteFiles[1].Content, text) {
				t.Errorf("version %s: the install script has no %q:\n%s", version, text, config.WriteFiles[1].Content)
			}
		}
	}
}

func TestUserDataTooLargeForACloudIsAnError(t *testing.T) {
	m := machine()
	m.Labels = map[string]string{"big": strings.Repeat("x", bootstrap.MaxUserDataBytes)}
	_, err := bootstrap.UserData(m)
	if err == nil || !strings.Contains(err.Error(), m.Hostname) {
		t.Fatalf("error %v, want one that names the machine", err)
	}
	if strings.Contains(err.Error(), m.Token) {
		t.Error("the error holds the token")
	}
}

// FuzzUserData shows that no text, however odd, breaks out of its place in the document.
func FuzzUserData(f *testing.F) {
	f.Add("node-1", "10.0.0.1:6443", "key", "value")
	f.Add("a: b", "- c", "\"quoted'", "{x: [y]}")
	f.Add("x\nruncmd:\n- [sh]", "#!/bin/sh", "|", ">-\n  folded")
	f.Add("null", "true", "1e3", "0x1f")
	f.Add("tab\there", "\r\n", "\u2028", "---\n...")
	f.Fuzz(func(t *testing.T, hostname, endpoint, key, value string) {
		m := machine()
		m.Hostname, m.Cluster.Endpoint, m.Labels = hostname, endpoint, map[string]string{key: value}
		m.Taints = []corev1.Taint{{Key: key, Value: value, Effect: corev1.TaintEffectNoSchedule}}
		userData, err := bootstrap.UserData(m)
		if err != nil {
			t.Skip(err)
		}
		config, join, err := parse(userData)
		if err != nil {
			t.Fatalf("%v in:\n%q", err, userData)
		}
		// What is no UTF-8 cannot be in a Kubernetes object; it is replaced.
		valid := func(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }
		same := func(got, want string) bool {
			return len(got) > 0 == (len(want) > 0) && (got == want || got != "" && !isValid(want))
		}
		if !same(config.Hostname, hostname) || len(config.RunCmd) != 3 || len(config.WriteFiles) != 2 {
			t.Errorf("host name %q became %q, with %d commands and %d files", valid(hostname), config.Hostname, len(config.RunCmd), len(config.WriteFiles))
		}
		if got := join.NodeRegistration.Taints[0]; !same(got.Key, key) || !same(got.Value, value) {
			t.Errorf("taint %q=%q became %v", key, value, got)
		}
		if got := join.Discovery.BootstrapToken.APIServerEndpoint; !same(got, endpoint) {
			t.Errorf("endpoint %q became %q", endpoint, got)
		}
		if isValid(key+value) && join.kubeletArgs()["node-labels"] != key+"="+value {
			t.Errorf("label %q=%q became %q", key, value, join.kubeletArgs()["node-labels"])
		}
	})
}

func isValid(text string) bool { return strings.ToValidUTF8(text, "") == text }
