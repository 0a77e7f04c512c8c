package topology

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
)

// Token is something that pods cannot share.
type Token struct {
	Kind TokenKind
	// ID tells tokens of a kind apart. For a host port it is protocol and port.
	ID string
	// IP is the address of a host port; empty and 0.0.0.0 are all addresses.
	IP string
	// ReadOnly marks a use of a disk that other read-only uses may share.
	ReadOnly bool
}

// TokenKind says where a token cannot be shared and how.
type TokenKind uint8

// Kinds of tokens.
const (
	// HostPort is a port of a node.
	HostPort TokenKind = iota
	// NodeDisk is a disk that one pod on a node may use, or several that only read.
	NodeDisk
	// ClusterVolume is a volume that one pod of the cluster may use.
	ClusterVolume
)

// anyIP is the address that stands for all addresses.
const anyIP = "0.0.0.0"

// conflicts tells whether two pods on the same node, or for a ClusterVolume in the same cluster, cannot have both tokens.
func (a Token) conflicts(b Token) bool {
	if a.Kind != b.Kind || a.ID != b.ID {
		return false
	}
	switch a.Kind {
	case HostPort:
		return a.IP == b.IP || a.IP == anyIP || b.IP == anyIP
	case NodeDisk:
		return !a.ReadOnly || !b.ReadOnly
	default:
		return true
	}
}

func (t *Table) token(token Token) int {
	if at, ok := t.tokenIndex[token]; ok {
		return at
	}
	at := len(t.tokens)
	t.tokens, t.tokenIndex[token] = append(t.tokens, token), at
	return at
}

// eachHostPort calls the function for every host port of a pod. Ports of init containers count for those that keep running.
func eachHostPort(pod *corev1.Pod, do func(Token)) {
	for i := range pod.Spec.InitContainers {
		c := &pod.Spec.InitContainers[i]
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			containerPorts(c, do)
		}
	}
	for i := range pod.Spec.Containers {
		containerPorts(&pod.Spec.Containers[i], do)
	}
}

func containerPorts(c *corev1.Container, do func(Token)) {
	for i := range c.Ports {
		port := &c.Ports[i]
		if port.HostPort <= 0 {
			continue
		}
		protocol, ip := port.Protocol, port.HostIP
		if protocol == "" {
			protocol = corev1.ProtocolTCP
		}
		if ip == "" {
			ip = anyIP
		}
		do(Token{Kind: HostPort, ID: string(protocol) + "/" + strconv.Itoa(int(port.HostPort)), IP: ip})
	}
}
