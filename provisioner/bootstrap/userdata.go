package bootstrap

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/cloudinit"
)

// MaxUserDataBytes is the size above which user data is not accepted.
const MaxUserDataBytes = cloudinit.MaxBytes

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
	// NodeGroup, Datacenter and Offering are told to templates and matter to nothing else.
	NodeGroup, Datacenter, Offering string
	// Inputs are what the NodeGroup gives its machines; see Sources. The zero value makes the default document.
	Inputs
}

// placeholder has the form of a token, and is none.
const placeholder = "sample.0123456789abcdef"

// UserData makes the first-boot document of a machine. The result holds the token: never log it. What is wrong with the
// NodeGroup's own template or variables is an *InvalidError; no error shows the token.
func UserData(m Machine) ([]byte, error) {
	document, err := render(m)
	if err == nil {
		return document, nil
	}
	// The error may quote what was rendered. It is told as it is for a machine without a token.
	m.Token = placeholder
	if _, err = render(m); err == nil {
		err = errors.New("the document cannot be rendered with the machine's token: the template must not compute with it")
	}
	if m.Template == "" && len(m.Variables) == 0 && len(m.SSHPublicKeys) == 0 {
		return nil, fmt.Errorf("user data of %s: %w", m.Hostname, err)
	}
	return nil, fmt.Errorf("user data of %s: %w", m.Hostname, m.invalid(err))
}

func render(m Machine) ([]byte, error) {
	join, err := joinFile(m)
	if err != nil {
		return nil, fmt.Errorf("render kubeadm configuration: %w", err)
	}
	cluster := m.cluster()
	return m.source().Render(map[string]any{
		"NodeName": m.Hostname, "JoinToken": m.Token, "NodeGroupName": m.NodeGroup, "Datacenter": m.Datacenter, "Offering": m.Offering,
		"ClusterEndpoint": cluster.Endpoint, "CACertHash": cluster.CACertHash, "KubernetesVersion": cluster.KubernetesVersion,
		"Labels": labelsFlag(m.Labels), "Taints": taintsFlag(m.Taints), "KubeReserved": reservedFlag(m.Capacity),
		"JoinConfiguration": join, "InstallScript": installScript(cluster.KubernetesVersion),
	})
}

// cluster is what the machine joins, with what the user's variables say otherwise: the files made of it follow them.
func (m Machine) cluster() Cluster {
	cluster := m.Cluster
	for name, value := range map[string]*string{
		"ClusterEndpoint": &cluster.Endpoint, "CACertHash": &cluster.CACertHash, "KubernetesVersion": &cluster.KubernetesVersion,
	} {
		if own, set := m.Variables[name]; set {
			*value = own
		}
	}
	return cluster
}
