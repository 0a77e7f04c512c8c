package nodegroup

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// machineLabels say what a machine is. The kubelet or the autoscaler sets them from the facts; a group that set them would
// make its nodes lie about their architecture, size or place.
var machineLabels = []string{
	corev1.LabelHostname,
	corev1.LabelArchStable,
	corev1.LabelOSStable,
	corev1.LabelInstanceTypeStable,
	corev1.LabelTopologyZone,
	corev1.LabelTopologyRegion,
	corev1.LabelWindowsBuild,
}

// userLabelDomains are the domains of Kubernetes under which administrators may label nodes, subdomains included.
var userLabelDomains = []string{"node-role.kubernetes.io", "node.kubernetes.io", "node-restriction.kubernetes.io"}

// userTaintDomains are the same for taints. node.kubernetes.io is not among them: its taints mirror the conditions of a node,
// and the node controller takes them off again.
var userTaintDomains = []string{"node-role.kubernetes.io", "node-restriction.kubernetes.io"}

// ownerOfLabel says who sets the label, or is empty if the user may.
func ownerOfLabel(key string) string {
	if slices.Contains(machineLabels, key) {
		return "the label tells what the machine is and is set from the facts"
	}
	return ownerOfKey(key, userLabelDomains)
}

// ownerOfTaint says who sets the taint, or is empty if the user may.
func ownerOfTaint(key string) string { return ownerOfKey(key, userTaintDomains) }

func ownerOfKey(key string, users []string) string {
	if strings.HasPrefix(key, v1alpha1.KeyPrefix) {
		return "keys that start with autoscaler.vpsie.com/ belong to the autoscaler"
	}
	domain, _, prefixed := strings.Cut(key, "/")
	if !prefixed || within(domain, users...) || !within(domain, "kubernetes.io", "k8s.io") {
		return ""
	}
	return "keys under kubernetes.io and k8s.io belong to Kubernetes, except " + strings.Join(users, ", ")
}

// within reports whether the domain is one of the parents or lies below one.
func within(domain string, parents ...string) bool {
	return slices.ContainsFunc(parents, func(parent string) bool {
		return domain == parent || strings.HasSuffix(domain, "."+parent)
	})
}
