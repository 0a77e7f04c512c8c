package bootstrap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// MaxUserDataBytes is the size above which clouds are known to refuse user data.
const MaxUserDataBytes = 64 << 10

const (
	joinConfigPath = "/run/vpsie/kubeadm-join.yaml"
	installPath    = "/run/vpsie/install.sh"
)

// Machine is what a machine must know to become a node.
type Machine struct {
	// Hostname becomes the host name and the Node's name.
	Hostname string
	// Cluster says what to join.
	Cluster Cluster
	// Token is the bootstrap token, "id.secret".
	Token string
	// Labels are those that a kubelet may set on its own Node; the rest is set by the controller.
	Labels map[string]string
	// Taints are on the Node from its first moment.
	Taints []corev1.Taint
	// Capacity is that of the machine; the kubelet's reservations follow from it.
	Capacity corev1.ResourceList
}

type cloudConfig struct {
	Hostname         string      `json:"hostname"`
	PreserveHostname bool        `json:"preserve_hostname"`
	WriteFiles       []writeFile `json:"write_files"`
	RunCmd           [][]string  `json:"runcmd"`
}

type writeFile struct {
	Path        string `json:"path"`
	Permissions string `json:"permissions"`
	Content     string `json:"content"`
}

type joinConfiguration struct {
	APIVersion       string           `json:"apiVersion"`
	Kind             string           `json:"kind"`
	Discovery        discovery        `json:"discovery"`
	NodeRegistration nodeRegistration `json:"nodeRegistration"`
}

type discovery struct {
	BootstrapToken bootstrapToken `json:"bootstrapToken"`
}

type bootstrapToken struct {
	Token             string   `json:"token"`
	APIServerEndpoint string   `json:"apiServerEndpoint"`
	CACertHashes      []string `json:"caCertHashes"`
}

type nodeRegistration struct {
	Name             string         `json:"name"`
	Taints           []corev1.Taint `json:"taints"`
	KubeletExtraArgs []argument     `json:"kubeletExtraArgs"`
}

type argument struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// UserData makes the cloud-init document of a machine. The result holds the token: never log it.
func UserData(m Machine) ([]byte, error) {
	join, err := yaml.Marshal(joinConfiguration{
		APIVersion: "kubeadm.k8s.io/v1beta4",
		Kind:       "JoinConfiguration",
		Discovery: discovery{BootstrapToken: bootstrapToken{
			Token: m.Token, APIServerEndpoint: m.Cluster.Endpoint, CACertHashes: []string{m.Cluster.CACertHash},
		}},
		NodeRegistration: nodeRegistration{Name: m.Hostname, Taints: m.Taints, KubeletExtraArgs: kubeletArguments(m)},
	})
	if err != nil {
		return nil, fmt.Errorf("render kubeadm configuration of %s: %w", m.Hostname, err)
	}
	document, err := yaml.Marshal(cloudConfig{
		Hostname: m.Hostname,
		WriteFiles: []writeFile{
			{Path: joinConfigPath, Permissions: "0600", Content: string(join)},
			{Path: installPath, Permissions: "0700", Content: installScript(m.Cluster.KubernetesVersion)},
		},
		RunCmd: [][]string{{installPath}, {"kubeadm", "join", "--config", joinConfigPath}, {"rm", "-f", joinConfigPath}},
	})
	if err != nil {
		return nil, fmt.Errorf("render user data of %s: %w", m.Hostname, err)
	}
	document = append([]byte("#cloud-config\n"), document...)
	if len(document) > MaxUserDataBytes {
		return nil, fmt.Errorf("user data of %s has %d bytes: at most %d are accepted, use fewer labels or taints", m.Hostname, len(document), MaxUserDataBytes)
	}
	return document, nil
}

func kubeletArguments(m Machine) []argument {
	args := []argument{
		{"eviction-hard", fmt.Sprintf("memory.available<%dMi,nodefs.available<10%%", evictionThreshold/mebi)},
		{"kube-reserved", joinSorted(Reserved(m.Capacity), func(name corev1.ResourceName) string {
			quantity := Reserved(m.Capacity)[name]
			return string(name) + "=" + quantity.String()
		})},
	}
	if len(m.Labels) > 0 {
		args = append(args, argument{"node-labels", joinSorted(m.Labels, func(key string) string { return key + "=" + m.Labels[key] })})
	}
	return args
}

// joinSorted renders the entries of a map in the order of their keys, separated by commas.
func joinSorted[K cmp.Ordered, V any](entries map[K]V, render func(K) string) string {
	keys := make([]K, 0, len(entries))
	for key := range entries {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	parts := make([]string, len(keys))
	for i, key := range keys {
		parts[i] = render(key)
	}
	return strings.Join(parts, ",")
}
