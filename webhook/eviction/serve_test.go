package eviction_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/internal/localca"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/admissiontest"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/webhook/eviction"
)

const path = "/validate/eviction"

// serve answers the API server about evictions in one namespace until the test ends.
func serve(t *testing.T, cluster *controlplanetest.Cluster, namespace string, limit int) {
	t.Helper()
	authority, err := localca.New("webhook of a test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	address := admissiontest.FreeAddress(t)
	manager := admissiontest.Manager(t, cluster, address, admissiontest.CertDir(t, authority))
	index := eviction.NewIndex(limit)
	if err := index.Follow(t.Context(), manager.GetCache()); err != nil {
		t.Fatal(err)
	}
	var asked atomic.Bool
	handler := &eviction.Handler{
		Index: index, Decoder: admission.NewDecoder(manager.GetScheme()), Events: manager.GetEventRecorder("vpsie-autoscaler-webhook"),
	}
	manager.GetWebhookServer().Register(path, &admission.Webhook{Handler: admission.HandlerFunc(
		func(ctx context.Context, request admission.Request) admission.Response {
			asked.Store(true)
			return handler.Handle(ctx, request)
		})})
	admissiontest.Run(t, manager)
	controlplanetest.Eventually(t, "the index to know the cluster", func(context.Context) error {
		if !index.Synced() {
			return fmt.Errorf("not synced")
		}
		return manager.GetWebhookServer().StartedChecker()(nil)
	})
	register(t, cluster, namespace, "https://"+address+path, authority.PEM())
	controlplanetest.Eventually(t, "the API server to ask", func(ctx context.Context) error {
		err := cluster.Client().PolicyV1().Evictions(namespace).Evict(ctx, &policyv1.Eviction{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "nobody"},
		})
		if !asked.Load() {
			return fmt.Errorf("it answers %w", err)
		}
		return nil
	})
}

// register has the API server ask at a URL about the evictions of a namespace.
func register(t *testing.T, cluster *controlplanetest.Cluster, namespace, url string, trusted []byte) {
	t.Helper()
	fail, none, seconds := admissionregistrationv1.Fail, admissionregistrationv1.SideEffectClassNone, int32(3)
	configurations := cluster.Client().AdmissionregistrationV1().ValidatingWebhookConfigurations()
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: namespace},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name: "evictions.autoscaler.vpsie.com", AdmissionReviewVersions: []string{"v1"},
			ClientConfig:  admissionregistrationv1.WebhookClientConfig{URL: &url, CABundle: trusted},
			FailurePolicy: &fail, SideEffects: &none, TimeoutSeconds: &seconds,
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods/eviction"}},
			}},
		}},
	}
	if _, err := configurations.Create(t.Context(), configuration, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := configurations.Delete(context.Background(), namespace, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}
