package cloudinit

import (
	"slices"
	"strings"
)

// Variable is something that every template finds.
type Variable struct {
	Name string
	// Doc says what it holds.
	Doc string
	// Fixed variables cannot be set by the user.
	Fixed bool
	// From are the variables that this one is made of: setting one of them changes this one, too.
	From []string
	// sample stands for the value while no machine is at hand.
	sample any
}

// Variables lists what every template finds, those of a machine's identity first. The caller may change the slice.
func Variables() []Variable { return slices.Clone(variables) }

// keysVariable is the one variable that is a list; all others are text.
const keysVariable = "SSHPublicKeys"

var variables = []Variable{
	{Name: "NodeName", Fixed: true, sample: "prod-sample-0123456789ab", Doc: "host name of the machine and name of its Node"},
	{Name: "JoinToken", Fixed: true, sample: "sample.0123456789abcdef", Doc: "kubeadm bootstrap token, `id.secret`; it serves this one machine until it has joined"},
	{Name: "ClusterEndpoint", sample: "10.0.0.1:6443", Doc: "API server to join, as `host:port`"},
	{Name: "CACertHash", sample: "sha256:" + strings.Repeat("0", 64), Doc: "hash of the cluster's certificate authority, `sha256:` and hexadecimal digits, as kubeadm pins it"},
	{Name: "KubernetesVersion", sample: "v1.37.2", Doc: "version of the API server, such as `v1.37.2`"},
	{Name: "NodeGroupName", sample: "sample", Doc: "name of the NodeGroup"},
	{Name: "Datacenter", sample: "sample-dc", Doc: "identifier of the VPSie data centre that the machine stands in"},
	{Name: "Offering", sample: "sample-plan", Doc: "identifier of the VPSie plan that was bought"},
	{Name: "Labels", sample: "autoscaler.vpsie.com/vpsienode=prod-sample-0123456789ab", Doc: "what the kubelet must be given as `--node-labels`"},
	{Name: "Taints", sample: "autoscaler.vpsie.com/uninitialized=:NoSchedule", Doc: "what the kubelet must be given as `--register-with-taints`"},
	{Name: "KubeReserved", sample: "cpu=70m,memory=1843Mi", Doc: "what the kubelet should be given as `--kube-reserved`: the plans that the autoscaler makes rely on it"},
	{Name: keysVariable, Fixed: true, sample: []string{}, Doc: "list of the public keys of `spec.sshPublicKeys` and `spec.sshKeySecretRef`, each a line of an authorized_keys file"},
	{
		Name: "JoinConfiguration", From: []string{"ClusterEndpoint", "CACertHash"}, sample: sampleJoin,
		Doc: "what kubeadm needs of the above, as a file for `kubeadm join --config`, without a newline at its end; it holds the token",
	},
	{
		Name: "InstallScript", From: []string{"KubernetesVersion"}, sample: sampleInstall,
		Doc: "shell script that installs containerd, kubelet and kubeadm on Debian and Ubuntu unless they are there, without a newline at its end",
	},
}

// SampleKey stands for public keys that cannot be read now. Nobody has its private half.
const SampleKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH8pmlwKIz9rGNaQ05YzpsCNiBmEGGseYOSb/Vey3qDj sample"

const (
	sampleInstall = "#!/bin/sh\nset -eu\ntrue"
	sampleJoin    = `apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken:
    apiServerEndpoint: 10.0.0.1:6443
    caCertHashes:
    - sha256:0000000000000000000000000000000000000000000000000000000000000000
    token: sample.0123456789abcdef
nodeRegistration:
  kubeletExtraArgs:
  - name: node-labels
    value: autoscaler.vpsie.com/vpsienode=prod-sample-0123456789ab
  name: prod-sample-0123456789ab`
)

// Fixed reports whether a variable is one that the user cannot set.
func Fixed(name string) bool {
	at := slices.IndexFunc(variables, func(v Variable) bool { return v.Name == name })
	return at >= 0 && variables[at].Fixed
}

// samples are values of all variables, of a machine that does not exist.
func samples() map[string]any {
	values := make(map[string]any, len(variables))
	for _, variable := range variables {
		values[variable.Name] = variable.sample
	}
	return values
}
