// Package admissiontest has a real API server ask a handler under test, in the way that the manifests say.
package admissiontest

import (
	"context"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
	"sigs.k8s.io/yaml"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
	"github.com/vpsie/vpsie-autoscaler/webhook"
)

// Caches are caches of the cluster that run until the test ends, once prepare has said what they are to hold.
func Caches(t *testing.T, cluster *controlplanetest.Cluster, prepare func(cache.Cache) error) cache.Cache {
	t.Helper()
	caches, err := cache.New(cluster.Config(), cache.Options{Scheme: build.Scheme()})
	if err == nil {
		err = prepare(caches)
	}
	if err != nil {
		t.Fatalf("prepare caches: %v", err)
	}
	go func() { _ = caches.Start(t.Context()) }() // ends with the test
	if !caches.WaitForCacheSync(t.Context()) {
		t.Fatal("the caches do not come up")
	}
	return caches
}

// Serve has the API server ask the handler until the test ends: by the validating webhooks of the manifests that call the path.
func Serve(t *testing.T, cluster *controlplanetest.Cluster, path string, handler admission.Handler) {
	t.Helper()
	server := httptest.NewTLSServer(&admission.Webhook{Handler: handler})
	t.Cleanup(server.Close)
	configuration := manifest(t)
	configuration.Webhooks = slices.DeleteFunc(configuration.Webhooks, func(w admissionregistrationv1.ValidatingWebhook) bool {
		return *w.ClientConfig.Service.Path != path
	})
	if len(configuration.Webhooks) == 0 {
		t.Fatalf("no webhook of the manifests calls %s", path)
	}
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := webhook.PointToURL(configuration, server.URL, authority); err != nil {
		t.Fatal(err)
	}
	configurations := cluster.Client().AdmissionregistrationV1().ValidatingWebhookConfigurations()
	if _, err := configurations.Create(t.Context(), configuration, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := configurations.Delete(context.Background(), configuration.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

func manifest(t *testing.T) *admissionregistrationv1.ValidatingWebhookConfiguration {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	root, err := stack.FindRoot(here)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(root, "manifests", "webhook", "validatingwebhookconfiguration.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := yaml.UnmarshalStrict(content, configuration); err != nil {
		t.Fatal(err)
	}
	return configuration
}
