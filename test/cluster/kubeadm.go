package cluster

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// joiningNodes is the group that kubeadm writes into the bootstrap tokens it makes.
const joiningNodes = "system:bootstrappers:kubeadm:default-node-token"

// clusterInfo is both the ConfigMap that joining machines discover the cluster from, and the only object that the
// Role for anonymous readers names.
const clusterInfo = "cluster-info"

// setUpJoin creates what `kubeadm init` creates for machines that join later: how they find the cluster, and what
// their bootstrap tokens may do.
func setUpJoin(ctx context.Context, client kubernetes.Interface, discovery *clientcmdapi.Config) error {
	if err := publishClusterInfo(ctx, client, discovery); err != nil {
		return err
	}
	getNodes := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "kubeadm:get-nodes"},
		Rules:      []rbacv1.PolicyRule{{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"nodes"}}},
	}
	if _, err := client.RbacV1().ClusterRoles().Create(ctx, getNodes, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("create ClusterRole %s: %w", getNodes.Name, err)
	}
	const approval = "system:certificates.k8s.io:certificatesigningrequests:"
	for _, b := range []struct{ name, role, group string }{
		{"kubeadm:get-nodes", getNodes.Name, joiningNodes},
		{"kubeadm:kubelet-bootstrap", "system:node-bootstrapper", joiningNodes},
		{"kubeadm:node-autoapprove-bootstrap", approval + "nodeclient", joiningNodes},
		{"kubeadm:node-autoapprove-certificate-rotation", approval + "selfnodeclient", "system:nodes"},
	} {
		binding := &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: b.name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: b.role},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: b.group}},
		}
		if _, err := client.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("create ClusterRoleBinding %s: %w", b.name, err)
		}
	}
	return nil
}

// publishClusterInfo creates the ConfigMap that anybody may read before trusting the cluster; the bootstrapsigner
// controller signs it with each bootstrap token, so that the holder of a token can trust it.
func publishClusterInfo(ctx context.Context, client kubernetes.Interface, discovery *clientcmdapi.Config) error {
	kubeconfig, err := clientcmd.Write(*discovery)
	if err != nil {
		return fmt.Errorf("encode the kubeconfig of %s: %w", clusterInfo, err)
	}
	const namespace = metav1.NamespacePublic
	public := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
	_, err = client.CoreV1().Namespaces().Create(ctx, public, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) { // the API server makes it too, some time after its start
		return fmt.Errorf("create namespace %s: %w", namespace, err)
	}
	info := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: clusterInfo},
		Data:       map[string]string{"kubeconfig": string(kubeconfig)},
	}
	if _, err := client.CoreV1().ConfigMaps(namespace).Create(ctx, info, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("create ConfigMap %s/%s: %w", namespace, clusterInfo, err)
	}
	role := &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: "kubeadm:bootstrap-signer-clusterinfo"},
		Rules: []rbacv1.PolicyRule{{
			Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"configmaps"}, ResourceNames: []string{clusterInfo},
		}},
	}
	if _, err := client.RbacV1().Roles(namespace).Create(ctx, role, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("create Role %s/%s: %w", namespace, role.Name, err)
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "system:anonymous"}},
	}
	if _, err := client.RbacV1().RoleBindings(namespace).Create(ctx, binding, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("create RoleBinding %s/%s: %w", namespace, role.Name, err)
	}
	return nil
}
