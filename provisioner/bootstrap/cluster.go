package bootstrap

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/url"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Cluster is what a machine must know of the cluster it joins.
type Cluster struct {
	// Endpoint is host:port of the API server as machines reach it.
	Endpoint string
	// CACertHash pins the cluster's certificate authority: "sha256:" and the hex digest of its public key, as kubeadm has it.
	CACertHash string
	// KubernetesVersion is that of the API server, such as "v1.37.2".
	KubernetesVersion string
}

// Discover reads the cluster's own description, the ConfigMap cluster-info in kube-public that kubeadm keeps there.
func Discover(ctx context.Context, reader client.Reader) (Cluster, error) {
	var info corev1.ConfigMap
	key := client.ObjectKey{Namespace: metav1.NamespacePublic, Name: "cluster-info"}
	if err := reader.Get(ctx, key, &info); err != nil {
		return Cluster{}, fmt.Errorf("read ConfigMap %s: %w (machines join by it; kubeadm creates it, see `kubeadm init phase bootstrap-token`)", key, err)
	}
	config, err := clientcmd.Load([]byte(info.Data["kubeconfig"]))
	if err != nil {
		return Cluster{}, fmt.Errorf("ConfigMap %s, key kubeconfig: %w", key, err)
	}
	for _, cluster := range config.Clusters {
		hash, err := certificateHash(cluster.CertificateAuthorityData)
		if err != nil {
			return Cluster{}, fmt.Errorf("ConfigMap %s, certificate-authority-data: %w", key, err)
		}
		endpoint, err := endpointOf(cluster.Server)
		if err != nil {
			return Cluster{}, fmt.Errorf("ConfigMap %s, server %q: %w", key, cluster.Server, err)
		}
		return Cluster{Endpoint: endpoint, CACertHash: hash}, nil
	}
	return Cluster{}, fmt.Errorf("ConfigMap %s, key kubeconfig: names no cluster", key)
}

// endpointOf is host:port of an API server, the one form that kubeadm accepts in a JoinConfiguration.
func endpointOf(server string) (string, error) {
	parsed, err := url.Parse(server)
	switch {
	case err != nil:
		return "", err
	case parsed.Scheme != "https" || parsed.Hostname() == "":
		return "", errors.New("want a URL such as https://10.0.0.1:6443")
	}
	return net.JoinHostPort(parsed.Hostname(), cmp.Or(parsed.Port(), "443")), nil
}

// certificateHash is the digest of the public key of the first certificate, which is how kubeadm pins an authority.
func certificateHash(pemData []byte) (string, error) {
	block, _ := pem.Decode(pemData)
	if block == nil || block.Type != "CERTIFICATE" {
		return "", errors.New("holds no PEM certificate")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
	return "sha256:" + hex.EncodeToString(digest[:]), nil
}
