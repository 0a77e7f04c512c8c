package examples_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/userdata"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
	"github.com/vpsie/vpsie-autoscaler/webhook/nodegroup"
)

const hostname = "prod-example-0123456789ab"

// document is the user data of a machine of the example's group.
func document(t *testing.T, e example) string {
	t.Helper()
	inputs, err := bootstrap.Sources{Reader: build.API(e.objects...)}.Resolve(t.Context(), e.group)
	if err != nil {
		t.Fatal(err)
	}
	userData, err := bootstrap.UserData(bootstrap.Machine{
		Hostname:   hostname,
		Cluster:    bootstrap.Cluster{Endpoint: "10.0.0.1:6443", CACertHash: "sha256:" + strings.Repeat("0", 64), KubernetesVersion: "v1.37.2"},
		Token:      "abcdef.0123456789abcdef",
		Labels:     map[string]string{v1alpha1.LabelVPSieNode: hostname},
		Taints:     taints(e.group),
		Capacity:   corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("8Gi")},
		NodeGroup:  e.group.Name,
		Datacenter: e.group.Spec.DatacenterID,
		Offering:   "00000004-5a11-11f0-a000-000000000001",
		Inputs:     inputs,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(userData)
}

func taints(group *v1alpha1.NodeGroup) []corev1.Taint {
	startup := corev1.Taint{Key: v1alpha1.TaintUninitialized, Effect: corev1.TaintEffectNoSchedule}
	return append([]corev1.Taint{startup}, group.Spec.Taints...)
}

func TestEveryExampleBootsAMachineThatJoinsAsItShould(t *testing.T) {
	for _, name := range files(t) {
		t.Run(name, func(t *testing.T) {
			e := load(t, name)
			join, err := userdata.Parse(base64.StdEncoding.EncodeToString([]byte(document(t, e))))
			if err != nil {
				t.Fatal(err)
			}
			want := userdata.Join{
				TokenID: "abcdef", TokenSecret: "0123456789abcdef", Endpoint: "10.0.0.1:6443", CACertHashes: []string{"sha256:" + strings.Repeat("0", 64)},
				NodeName: hostname, Taints: taints(e.group),
				KubeletArgs: map[string]string{
					"node-labels":   v1alpha1.LabelVPSieNode + "=" + hostname,
					"kube-reserved": "cpu=70m,memory=1843Mi",
					"eviction-hard": "memory.available<100Mi,nodefs.available<10%",
				},
			}
			if diff := cmp.Diff(want, join); diff != "" {
				t.Errorf("join (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheWebhookAcceptsEveryExampleWithoutAWarning(t *testing.T) {
	for _, name := range files(t) {
		e := load(t, name)
		warnings, err := nodegroup.Validator{References: build.API(e.objects...)}.ValidateCreate(t.Context(), e.group)
		if err != nil || len(warnings) > 0 {
			t.Errorf("%s: %v, warnings %q", name, err, warnings)
		}
	}
}

// Each text is what the example is about.
func TestExamplesShowWhatTheyAreFor(t *testing.T) {
	for name, texts := range map[string][]string{
		"gpu-node.yaml":      {"driver='535.129.03'", "cuda='12.2'", "kubelet=1.37.2-*"},
		"arm64.yaml":         {`if [ "$(uname -m)" != 'aarch64' ]`, "of NodeGroup arm64"},
		"custom-script.yaml": {"/etc/containerd/certs.d/docker.io/hosts.toml", `server = "https://docker.io"`, `[host."https://mirror.example.com"]`, "NodeGroup mirrored, plan 00000004-"},
		"ssh-keys.yaml":      {"ssh_authorized_keys:", "ada@example.com\n", "grace@example.com\n", "ops@example.com\n", "bastion@example.com\n"},
		"tags.yaml":          {"kubeadm"},
	} {
		got := document(t, load(t, name))
		for _, text := range texts {
			if !strings.Contains(got, text) {
				t.Errorf("%s: the document of a machine lacks %q:\n%s", name, text, got)
			}
		}
	}
}

func TestExamplesGrantTheControllerTheSecretsThatItNeeds(t *testing.T) {
	for _, name := range files(t) {
		e := load(t, name)
		if reference := e.group.Spec.SSHKeySecretRef; reference != nil && !e.allows(reference.Name) {
			t.Errorf("%s: no Role lets the controller get Secret %s and nothing else", name, reference.Name)
		}
	}
}

func TestEveryExampleIsMentionedInADocument(t *testing.T) {
	var all strings.Builder
	for _, page := range []string{"docs/cloud-init.md", "docs/ssh-keys.md"} {
		content, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(content)
	}
	for _, name := range files(t) {
		if !strings.Contains(all.String(), "](examples/"+name+")") {
			t.Errorf("no document links to examples/%s", name)
		}
	}
}
