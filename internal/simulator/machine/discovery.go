package machine

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	certutil "k8s.io/client-go/util/cert"
	bootstrapapi "k8s.io/cluster-bootstrap/token/api"
	"k8s.io/cluster-bootstrap/token/jws"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/userdata"
)

// clusterInfo is what a machine needs in order to trust a cluster.
type clusterInfo struct {
	server  string // https://host:port
	trusted *x509.CertPool
}

// discover fetches cluster-info without trust and verifies it with the token and the pinned hashes; then, as kubeadm does, it
// fetches it again from a server that the verified authority vouches for, and expects the same.
func discover(ctx context.Context, join userdata.Join) (clusterInfo, error) {
	endpoint := "https://" + join.Endpoint
	unverified, err := fetchClusterInfo(ctx, endpoint, identity{trustAnyone: true})
	if err != nil {
		return clusterInfo{}, err
	}
	kubeconfig, err := verifySignature(unverified, join)
	if err != nil {
		return clusterInfo{}, err
	}
	info, err := readKubeconfig(kubeconfig, join)
	if err != nil {
		return clusterInfo{}, permanentError{err}
	}
	if join.SkipCAVerification {
		return info, nil
	}
	verified, err := fetchClusterInfo(ctx, endpoint, identity{trusted: info.trusted})
	if err != nil {
		return clusterInfo{}, err
	}
	if verified.Data[bootstrapapi.KubeConfigKey] != kubeconfig {
		return clusterInfo{}, permanentError{errors.New("cluster-info changed between the unverified and the verified look at it")}
	}
	return info, nil
}

func fetchClusterInfo(ctx context.Context, server string, who identity) (*corev1.ConfigMap, error) {
	connected, err := who.connect(server)
	if err != nil {
		return nil, err
	}
	defer connected.close()
	info, err := connected.core.ConfigMaps(metav1.NamespacePublic).Get(ctx, bootstrapapi.ConfigMapClusterInfo, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("fetch cluster-info: %w", err)
	}
	return info, nil
}

// verifySignature returns the kubeconfig of cluster-info when the token has signed it. The signature of a token that is new, or
// not any longer valid, is missing; only time tells which, so that failure is not permanent.
func verifySignature(info *corev1.ConfigMap, join userdata.Join) (string, error) {
	kubeconfig, found := info.Data[bootstrapapi.KubeConfigKey]
	if !found {
		return "", permanentError{errors.New("cluster-info has no kubeconfig")}
	}
	signature, found := info.Data[bootstrapapi.JWSSignatureKeyPrefix+join.TokenID]
	if !found {
		return "", fmt.Errorf("cluster-info has no signature for token ID %q: the token is unknown, expired or not for signing", join.TokenID)
	}
	if !jws.DetachedTokenIsValid(signature, kubeconfig, join.TokenID, join.TokenSecret) {
		return "", permanentError{fmt.Errorf("the signature of cluster-info for token ID %q does not match the token", join.TokenID)}
	}
	return kubeconfig, nil
}

// readKubeconfig takes server and certificate authority out of the kubeconfig and checks the authority against the pins.
func readKubeconfig(kubeconfig string, join userdata.Join) (clusterInfo, error) {
	config, err := clientcmd.Load([]byte(kubeconfig))
	if err != nil {
		return clusterInfo{}, fmt.Errorf("the kubeconfig in cluster-info: %w", err)
	}
	cluster := onlyCluster(config)
	if cluster == nil {
		return clusterInfo{}, errors.New("the kubeconfig in cluster-info does not name exactly one cluster")
	}
	authorities, err := certutil.ParseCertsPEM(cluster.CertificateAuthorityData)
	if err != nil {
		return clusterInfo{}, fmt.Errorf("the certificate authority in cluster-info: %w", err)
	}
	if !join.SkipCAVerification && !slices.ContainsFunc(authorities, func(c *x509.Certificate) bool { return pinned(c, join.CACertHashes) }) {
		return clusterInfo{}, errors.New("the certificate authority in cluster-info has none of the hashes in caCertHashes")
	}
	info := clusterInfo{server: cluster.Server, trusted: x509.NewCertPool()}
	for _, authority := range authorities {
		info.trusted.AddCert(authority)
	}
	return info, nil
}

func onlyCluster(config *clientcmdapi.Config) *clientcmdapi.Cluster {
	if current := config.Contexts[config.CurrentContext]; current != nil {
		return config.Clusters[current.Cluster]
	}
	if len(config.Clusters) != 1 {
		return nil
	}
	for _, cluster := range config.Clusters {
		return cluster
	}
	return nil
}

// pinned tells whether the public key of a certificate has one of the hashes.
func pinned(certificate *x509.Certificate, hashes []string) bool {
	sum := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
	own := "sha256:" + hex.EncodeToString(sum[:])
	return slices.ContainsFunc(hashes, func(hash string) bool { return strings.EqualFold(hash, own) })
}
