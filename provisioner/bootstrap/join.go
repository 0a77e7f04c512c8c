package bootstrap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

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

// joinFile is the file that `kubeadm join --config` wants, without a newline at its end.
func joinFile(m Machine) (string, error) {
	cluster := m.cluster()
	file, err := yaml.Marshal(joinConfiguration{
		APIVersion: "kubeadm.k8s.io/v1beta4",
		Kind:       "JoinConfiguration",
		Discovery: discovery{BootstrapToken: bootstrapToken{
			Token: m.Token, APIServerEndpoint: cluster.Endpoint, CACertHashes: []string{cluster.CACertHash},
		}},
		NodeRegistration: nodeRegistration{Name: m.Hostname, Taints: m.Taints, KubeletExtraArgs: kubeletArguments(m)},
	})
	return strings.TrimSuffix(string(file), "\n"), err
}

func kubeletArguments(m Machine) []argument {
	args := []argument{
		{"eviction-hard", fmt.Sprintf("memory.available<%dMi,nodefs.available<10%%", evictionThreshold/mebi)},
		{"kube-reserved", reservedFlag(m.Capacity)},
	}
	if len(m.Labels) > 0 {
		args = append(args, argument{"node-labels", labelsFlag(m.Labels)})
	}
	return args
}

func reservedFlag(capacity corev1.ResourceList) string {
	reserved := Reserved(capacity)
	return joinSorted(reserved, func(name corev1.ResourceName) string {
		quantity := reserved[name]
		return string(name) + "=" + quantity.String()
	})
}

func labelsFlag(labels map[string]string) string {
	return joinSorted(labels, func(key string) string { return key + "=" + labels[key] })
}

// taintsFlag keeps the order: the kubelet does not care, and people find what they wrote.
func taintsFlag(taints []corev1.Taint) string {
	parts := make([]string, len(taints))
	for i, taint := range taints {
		parts[i] = taint.Key + "=" + taint.Value + ":" + string(taint.Effect)
	}
	return strings.Join(parts, ",")
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
