package controlplane_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
)

func TestCertificateHashPinsThePublicKeyOfTheAuthority(t *testing.T) {
	cluster := controlplanetest.Shared(t)
	content, err := os.ReadFile(cluster.CACertFile)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(content)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
	if want := "sha256:" + hex.EncodeToString(sum[:]); cluster.CACertHash != want {
		t.Errorf("hash of the certificate authority: got %s, want %s", cluster.CACertHash, want)
	}
}

func TestServiceAccountKubeconfigActsAsThatAccount(t *testing.T) {
	cluster := controlplanetest.Shared(t)
	namespace := cluster.Namespace(t)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot"}}
	if _, err := cluster.Client().CoreV1().ServiceAccounts(namespace).Create(t.Context(), account, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}

	path := cluster.ServiceAccountKubeconfig(t, namespace, account.Name)

	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	who, err := client.AuthenticationV1().SelfSubjectReviews().Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "system:serviceaccount:" + namespace + ":robot"; who.Status.UserInfo.Username != want {
		t.Errorf("user of the kubeconfig: got %s, want %s", who.Status.UserInfo.Username, want)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of a file with a token: got %v (error %v), want 0600", info.Mode().Perm(), err)
	}
}

const widgets = `# A definition, and an object of it in the same file.
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.test.example.com}
spec:
  group: test.example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
---
apiVersion: test.example.com/v1
kind: Widget
metadata: {name: first}
size: SIZE
`

func TestAppliedCustomResourceMayFollowItsDefinition(t *testing.T) {
	cluster := controlplanetest.Shared(t)
	file := filepath.Join(t.TempDir(), "widgets.yaml")
	client, err := dynamic.NewForConfig(cluster.Config())
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []string{"small", "large"} { // the second time changes what is there
		content := []byte(widgets[:len(widgets)-len("SIZE\n")] + size + "\n")
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}

		cluster.ApplyManifests(t, file)

		resource := schema.GroupVersionResource{Group: "test.example.com", Version: "v1", Resource: "widgets"}
		widget, err := client.Resource(resource).Namespace("default").Get(t.Context(), "first", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if widget.Object["size"] != size {
			t.Errorf("size of the applied object: got %v, want %s", widget.Object["size"], size)
		}
	}
}
