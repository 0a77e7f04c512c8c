package controlplane_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	bootstrapapi "k8s.io/cluster-bootstrap/token/api"
	"k8s.io/cluster-bootstrap/token/jws"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
)

const (
	tokenID     = "abcdef"
	tokenSecret = "0123456789abcdef"
)

// bootstrapToken makes the token that a joining machine holds.
func bootstrapToken(t *testing.T, cluster *controlplanetest.Cluster) {
	t.Helper()
	secrets := cluster.Client().CoreV1().Secrets(metav1.NamespaceSystem)
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: bootstrapapi.BootstrapTokenSecretPrefix + tokenID},
		Type:       bootstrapapi.SecretTypeBootstrapToken,
		StringData: map[string]string{
			bootstrapapi.BootstrapTokenIDKey:               tokenID,
			bootstrapapi.BootstrapTokenSecretKey:           tokenSecret,
			bootstrapapi.BootstrapTokenUsageAuthentication: "true",
			bootstrapapi.BootstrapTokenUsageSigningKey:     "true",
			bootstrapapi.BootstrapTokenExtraGroupsKey:      "system:bootstrappers:kubeadm:default-node-token",
		},
	}
	if _, err := secrets.Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := secrets.Delete(context.Background(), secret.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// clientAs returns a client that trusts the cluster and brings nothing but the given credentials.
func clientAs(t *testing.T, cluster *controlplanetest.Cluster, credentials func(*rest.Config)) kubernetes.Interface {
	t.Helper()
	config := rest.AnonymousClientConfig(cluster.Config())
	credentials(config)
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestAnybodyMayReadClusterInfoAndNothingElse(t *testing.T) {
	cluster := controlplanetest.Shared(t)
	anonymous := clientAs(t, cluster, func(*rest.Config) {})

	info, err := anonymous.CoreV1().ConfigMaps(metav1.NamespacePublic).Get(t.Context(), "cluster-info", metav1.GetOptions{})
	if err != nil {
		t.Fatalf("read cluster-info without credentials: %v", err)
	}
	config, err := clientcmd.Load([]byte(info.Data[bootstrapapi.KubeConfigKey]))
	if err != nil {
		t.Fatalf("parse the kubeconfig of cluster-info: %v", err)
	}
	if got := config.Clusters[""]; got == nil || got.Server != cluster.Server || string(got.CertificateAuthorityData) != string(cluster.Config().CAData) {
		t.Errorf("cluster-info names %+v, want server %s and its certificate authority", got, cluster.Server)
	}
	_, err = anonymous.CoreV1().ConfigMaps(metav1.NamespacePublic).List(t.Context(), metav1.ListOptions{})
	if !apierrors.IsForbidden(err) {
		t.Errorf("list ConfigMaps without credentials: got %v, want forbidden", err)
	}
}

func TestClusterInfoIsSignedWithABootstrapToken(t *testing.T) {
	cluster := controlplanetest.Shared(t)
	bootstrapToken(t, cluster)

	controlplanetest.Eventually(t, "the signature of cluster-info", func(ctx context.Context) error {
		info, err := cluster.Client().CoreV1().ConfigMaps(metav1.NamespacePublic).Get(ctx, "cluster-info", metav1.GetOptions{})
		if err != nil {
			return err
		}
		signature := info.Data[bootstrapapi.JWSSignatureKeyPrefix+tokenID]
		if !jws.DetachedTokenIsValid(signature, info.Data[bootstrapapi.KubeConfigKey], tokenID, tokenSecret) {
			return errors.New("no valid signature")
		}
		return nil
	})
}

func TestMachineJoinsWithABootstrapToken(t *testing.T) {
	// given a machine that holds a bootstrap token and has made a key
	cluster := controlplanetest.Shared(t)
	bootstrapToken(t, cluster)
	bootstrap := clientAs(t, cluster, func(c *rest.Config) { c.BearerToken = tokenID + "." + tokenSecret })
	key, request := kubeletRequest(t, "machine-1")

	// when it asks for its kubelet's certificate
	created, err := bootstrap.CertificatesV1().CertificateSigningRequests().Create(t.Context(), request, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("request a kubelet certificate: %v", err)
	}
	var certificate []byte
	controlplanetest.Eventually(t, "the kubelet's certificate", func(ctx context.Context) error {
		current, err := bootstrap.CertificatesV1().CertificateSigningRequests().Get(ctx, created.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if certificate = current.Status.Certificate; len(certificate) == 0 {
			return fmt.Errorf("not issued; conditions %v", current.Status.Conditions)
		}
		return nil
	})

	// then it may register itself, and no other node
	kubelet := clientAs(t, cluster, func(c *rest.Config) { c.CertData, c.KeyData = certificate, key })
	own := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "machine-1"}}
	if _, err := kubelet.CoreV1().Nodes().Create(t.Context(), own, metav1.CreateOptions{}); err != nil {
		t.Errorf("register the own node: %v", err)
	}
	other := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "machine-2"}}
	if _, err := kubelet.CoreV1().Nodes().Create(t.Context(), other, metav1.CreateOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("register another machine's node: got %v, want forbidden", err)
	}
	if err := cluster.Client().CoreV1().Nodes().Delete(t.Context(), own.Name, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
}

// kubeletRequest returns a private key in PEM and the signing request that a kubelet makes with it.
func kubeletRequest(t *testing.T, node string) ([]byte, *certificatesv1.CertificateSigningRequest) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	subject := pkix.Name{CommonName: "system:node:" + node, Organization: []string{"system:nodes"}}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject}, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), &certificatesv1.CertificateSigningRequest{
		ObjectMeta: metav1.ObjectMeta{GenerateName: strings.ToLower(node) + "-"},
		Spec: certificatesv1.CertificateSigningRequestSpec{
			Request:    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: request}),
			SignerName: certificatesv1.KubeAPIServerClientKubeletSignerName,
			Usages:     []certificatesv1.KeyUsage{certificatesv1.UsageDigitalSignature, certificatesv1.UsageClientAuth},
		},
	}
}
