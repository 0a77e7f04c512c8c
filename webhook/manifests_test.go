package webhook_test

import (
	"errors"
	"os"
	"slices"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/webhook"
)

func load(t *testing.T, file string, into any) {
	t.Helper()
	content, err := os.ReadFile("../manifests/webhook/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(content, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func loadConfigurations(t *testing.T) (*admissionregistrationv1.ValidatingWebhookConfiguration, *admissionregistrationv1.MutatingWebhookConfiguration) {
	t.Helper()
	validating, mutating := &admissionregistrationv1.ValidatingWebhookConfiguration{}, &admissionregistrationv1.MutatingWebhookConfiguration{}
	load(t, "validatingwebhookconfiguration.yaml", validating)
	load(t, "mutatingwebhookconfiguration.yaml", mutating)
	return validating, mutating
}

// hook is what the two kinds of webhooks have in common.
type hook struct {
	name    string
	called  *admissionregistrationv1.ServiceReference
	fails   bool // failurePolicy Fail
	timeout int32
	effects admissionregistrationv1.SideEffectClass
	rules   []admissionregistrationv1.RuleWithOperations
}

// hooks are all webhooks of the manifests.
func hooks(t *testing.T) []hook {
	t.Helper()
	validating, mutating := loadConfigurations(t)
	var all []hook
	for _, w := range validating.Webhooks {
		all = append(all, hook{w.Name, w.ClientConfig.Service, *w.FailurePolicy == admissionregistrationv1.Fail, *w.TimeoutSeconds, *w.SideEffects, w.Rules})
	}
	for _, w := range mutating.Webhooks {
		all = append(all, hook{"mutating " + w.Name, w.ClientConfig.Service, *w.FailurePolicy == admissionregistrationv1.Fail, *w.TimeoutSeconds, *w.SideEffects, w.Rules})
	}
	return all
}

func TestTheConfigurationsCallWhatIsServed(t *testing.T) {
	validating, mutating := loadConfigurations(t)
	if validating.Name != webhook.ConfigurationName || mutating.Name != webhook.ConfigurationName {
		t.Errorf("names %s and %s, want %s", validating.Name, mutating.Name, webhook.ConfigurationName)
	}
	service := &corev1.Service{}
	load(t, "service.yaml", service)
	_, served := newEndpoint(t)
	called := map[string]bool{}
	for _, h := range hooks(t) {
		called[*h.called.Path] = true
		if !slices.Contains(served, *h.called.Path) || h.called.Name != service.Name || h.called.Namespace != service.Namespace || *h.called.Port != service.Spec.Ports[0].Port {
			t.Errorf("%s calls %+v, want one of the paths %q of Service %s/%s", h.name, h.called, served, service.Namespace, service.Name)
		}
	}
	for _, path := range served {
		if !called[path] {
			t.Errorf("nobody calls %s", path)
		}
	}
	secret := &corev1.Secret{}
	load(t, "secret.yaml", secret)
	if len(secret.Data)+len(secret.StringData) != 0 {
		t.Error("the Secret is not empty: applying it would overwrite the certificate")
	}
}

// mayFail are the requests that are refused while no webhook runs, by resource and operation. All others must pass.
var mayFail = []string{
	"nodegroups CREATE", "nodegroups UPDATE", "vpsienodes CREATE", "pods/eviction CREATE", "nodes DELETE",
}

func TestADeadWebhookHarmsAsLittleAsPossible(t *testing.T) {
	for _, h := range hooks(t) {
		if h.timeout > 3 {
			t.Errorf("%s: timeout %d s, want at most 3", h.name, h.timeout)
		}
		if h.effects != admissionregistrationv1.SideEffectClassNone && h.effects != admissionregistrationv1.SideEffectClassNoneOnDryRun {
			t.Errorf("%s: sideEffects %s refuses dry runs", h.name, h.effects)
		}
		for _, rule := range h.rules {
			for _, resource := range rule.Resources {
				for _, operation := range rule.Operations {
					if request := resource + " " + string(operation); h.fails && !slices.Contains(mayFail, request) {
						t.Errorf("%s: %s fails with the webhook", h.name, request)
					}
					if resource == "*" || operation == admissionregistrationv1.OperationAll || resource == "pods/*" {
						t.Errorf("%s: %s %s asks about more than it needs", h.name, resource, operation)
					}
				}
			}
		}
	}
}

func TestOnlyPodsOfNamespacesThatAskForItAreSent(t *testing.T) {
	_, mutating := loadConfigurations(t)
	sent := mutating.Webhooks[0]
	matches := func(selector *metav1.LabelSelector, of map[string]string) bool {
		s, err := metav1.LabelSelectorAsSelector(selector)
		if err != nil {
			t.Fatal(err)
		}
		return s.Matches(labels.Set(of))
	}
	namespaces := map[string]struct {
		name, label string
		want        bool
	}{
		"one that asks":           {"shop", "enabled", true},
		"one that does not":       {"shop", "", false},
		"one that asks otherwise": {"shop", "true", false},
		"kube-system":             {"kube-system", "enabled", false},
		"our own":                 {"vpsie-system", "enabled", false},
	}
	for name, ns := range namespaces {
		of := map[string]string{corev1.LabelMetadataName: ns.name, v1alpha1.LabelPodMutation: ns.label}
		if got := matches(sent.NamespaceSelector, of); got != ns.want {
			t.Errorf("%s: selected %v, want %v", name, got, ns.want)
		}
	}
}

func TestPointToURL(t *testing.T) {
	validating, mutating := loadConfigurations(t)
	ca := []byte("pem")
	for _, base := range []string{"https://localhost:9444", "https://localhost:9443/", "https://localhost:9443"} {
		if err := errors.Join(webhook.PointToURL(validating, base, ca), webhook.PointToURL(mutating, base, nil)); err != nil {
			t.Fatal(err)
		}
	}
	first, second := validating.Webhooks[0].ClientConfig, mutating.Webhooks[0].ClientConfig
	if first.Service != nil || *first.URL != "https://localhost:9443/validate/nodegroup" || string(first.CABundle) != "pem" {
		t.Errorf("validating: %+v", first)
	}
	if second.Service != nil || *second.URL != "https://localhost:9443/mutate/pod" || second.CABundle != nil {
		t.Errorf("mutating: %+v", second)
	}
	for _, bad := range []string{"http://localhost:9443", "localhost:9443", "https://", "https://localhost:9443/below", ":", ""} {
		if webhook.PointToURL(validating, bad, nil) == nil {
			t.Errorf("URL %q is accepted", bad)
		}
	}
	if webhook.PointToURL(&corev1.Pod{}, "https://localhost:9443", nil) == nil {
		t.Error("a pod is accepted for a configuration")
	}
}
