package node

import (
	"slices"

	authenticationv1 "k8s.io/api/authentication/v1"
)

// controllers are those of Kubernetes and of a cloud that delete the Nodes of machines that are gone, and taint Nodes that do not
// answer. Each may run as a service account of its own or as the process that it is part of.
var controllers = []string{
	"system:kube-controller-manager",
	"system:cloud-controller-manager",
	"system:serviceaccount:kube-system:node-controller",
	"system:serviceaccount:kube-system:cloud-node-controller",
	"system:serviceaccount:kube-system:cloud-node-lifecycle-controller",
	"system:serviceaccount:kube-system:cloud-controller-manager",
}

// trusts reports whether a user is one of the controllers or a service account of the autoscaler's namespace.
func trusts(user *authenticationv1.UserInfo, namespace string) bool {
	return slices.Contains(controllers, user.Username) || slices.Contains(user.Groups, "system:serviceaccounts:"+namespace)
}
