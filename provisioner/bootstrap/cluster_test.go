package bootstrap_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
)

// authority makes a certificate and the hash of its public key as kubeadm pins it.
func authority(t *testing.T) (pemData, hash string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(public)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), "sha256:" + hex.EncodeToString(digest[:])
}

func clusterInfo(kubeconfig string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: "kube-public", Name: "cluster-info"},
		Data:       map[string]string{"kubeconfig": kubeconfig},
	}
}

func kubeconfig(server, authorityPEM string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: Config\nclusters:\n- name: \"\"\n  cluster:\n    server: %s\n    certificate-authority-data: %s\n",
		server, base64.StdEncoding.EncodeToString([]byte(authorityPEM)))
}

func TestDiscoverReadsEndpointAndAuthority(t *testing.T) {
	pemData, hash := authority(t)
	for server, endpoint := range map[string]string{
		"https://10.0.0.1:6443":            "10.0.0.1:6443",
		"https://api.example.com:6443/":    "api.example.com:6443",
		"https://api.example.com":          "api.example.com:443",
		"https://[2001:db8::1]:6443":       "[2001:db8::1]:6443",
		"https://[2001:db8::1]":            "[2001:db8::1]:443",
		"https://api.example.com:443/sub/": "api.example.com:443",
	} {
		got, err := bootstrap.Discover(t.Context(), build.API(clusterInfo(kubeconfig(server, pemData))))
		if err != nil || got.Endpoint != endpoint || got.CACertHash != hash {
			t.Errorf("server %s: %+v, %v; want endpoint %s and hash %s", server, got, err, endpoint, hash)
		}
	}
}

func TestDiscoverSaysWhatIsWrong(t *testing.T) {
	pemData, _ := authority(t)
	notACertificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("nonsense")}))
	aKey := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")}))
	tests := map[string]struct {
		object client.Object
		want   string
	}{
		"there is none":               {build.Pod("unrelated").Obj(), "kubeadm init phase bootstrap-token"},
		"the key is missing":          {clusterInfo(""), "names no cluster"},
		"it is no kubeconfig":         {clusterInfo("]["), "key kubeconfig"},
		"it has no authority":         {clusterInfo(kubeconfig("https://10.0.0.1:6443", "")), "certificate-authority-data"},
		"the authority is a key":      {clusterInfo(kubeconfig("https://10.0.0.1:6443", aKey)), "holds no PEM certificate"},
		"the certificate is nonsense": {clusterInfo(kubeconfig("https://10.0.0.1:6443", notACertificate)), "certificate-authority-data"},
		"the server is no URL":        {clusterInfo(kubeconfig("\"\"", pemData)), "server"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := bootstrap.Discover(t.Context(), build.API(test.object))
			if err == nil || !strings.Contains(err.Error(), "kube-public/cluster-info") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Discover = %+v, %v; want an error that names the ConfigMap and %q", got, err, test.want)
			}
		})
	}
}
