package bootstrap

import (
	"fmt"
	"strings"
)

// installScript brings containerd, kubelet and kubeadm onto a stock Debian or Ubuntu image, and does nothing on an image that
// has them, without a newline at its end. version is the cluster's, such as "v1.37.2".
func installScript(version string) string {
	number, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), "+") // distributions append "+k3s1" and the like
	minor := number
	if parts := strings.SplitN(number, ".", 3); len(parts) == 3 {
		minor = parts[0] + "." + parts[1]
	}
	return fmt.Sprintf(`#!/bin/sh
set -eu
command -v kubeadm >/dev/null && command -v kubelet >/dev/null && exit 0
printf 'overlay\nbr_netfilter\n' > /etc/modules-load.d/kubernetes.conf
modprobe overlay
modprobe br_netfilter
printf 'net.ipv4.ip_forward = 1\nnet.bridge.bridge-nf-call-iptables = 1\n' > /etc/sysctl.d/90-kubernetes.conf
sysctl --system >/dev/null
swapoff -a
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y ca-certificates curl gpg containerd
mkdir -p /etc/containerd /etc/apt/keyrings
containerd config default | sed 's/SystemdCgroup = false/SystemdCgroup = true/' > /etc/containerd/config.toml
systemctl restart containerd
curl -fsSL https://pkgs.k8s.io/core:/stable:/v%[1]s/deb/Release.key | gpg --dearmor -o /etc/apt/keyrings/kubernetes.gpg
echo 'deb [signed-by=/etc/apt/keyrings/kubernetes.gpg] https://pkgs.k8s.io/core:/stable:/v%[1]s/deb/ /' > /etc/apt/sources.list.d/kubernetes.list
apt-get update
apt-get install -y 'kubelet=%[2]s-*' 'kubeadm=%[2]s-*'
apt-mark hold kubelet kubeadm
systemctl enable kubelet`, minor, number)
}
