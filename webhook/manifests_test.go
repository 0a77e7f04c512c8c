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
	if len(validating.Webhooks) != 1 || len(mutating.Webhooks) != 1 {
		t.Fatalf("%d validating and %d mutating webhooks, want one each", len(validating.Webhooks), len(mutating.Webhooks))
	}
	return validating, mutating
}

func TestTheConfigurationsCallWhatIsServed(t *testing.T) {
	validating, mutating := loadConfigurations(t)
	if validating.Name != webhook.ConfigurationName || mutating.Name != webhook.ConfigurationName {
		t.Errorf("names %s and %s, want %s", validating.Name, mutating.Name, webhook.ConfigurationName)
	}
	service := &corev1.Service{}
	load(t, "service.yaml", service)
	for path, called := range map[string]*admissionregistrationv1.ServiceReference{
		webhook.PathNodeGroup: validating.Webhooks[0].ClientConfig.Service,
		webhook.PathPod:       mutating.Webhooks[0].ClientConfig.Service,
	} {
		if *called.Path != path || called.Name != service.Name || called.Namespace != service.Namespace || *called.Port != service.Spec.Ports[0].Port {
			t.Errorf("%+v is called, want path %s of Service %s/%s", called, path, service.Namespace, service.Name)
		}
	}
	secret := &corev1.Secret{}
	load(t, "secret.yaml", secret)
	if len(secret.Data)+len(secret.StringData) != 0 {
		t.Error("the Secret is not empty: applying it would overwrite the certificate")
	}
}

func TestADeadWebhookHarmsAsLittleAsPossible(t *testing.T) {
	validating, mutating := loadConfigurations(t)
	groups, pods := validating.Webhooks[0], mutating.Webhooks[0]
	if *pods.FailurePolicy != admissionregistrationv1.Ignore {
		t.Errorf("pods: failurePolicy %s, want Ignore", *pods.FailurePolicy)
	}
	if *pods.TimeoutSeconds > 3 || *groups.TimeoutSeconds > 3 {
		t.Error("a timeout is longer than 3 seconds")
	}
	if got := groups.Rules[0].Resources; !slices.Equal(got, []string{"nodegroups"}) {
		t.Errorf("group webhook matches %v, want nodegroups without their subresources", got)
	}
	if slices.Contains(groups.Rules[0].Operations, admissionregistrationv1.Delete) {
		t.Error("the deletion of a group waits for the webhook")
	}
}

func TestOnlyPodsOfNamespacesThatAskForItAreSent(t *testing.T) {
	_, mutating := loadConfigurations(t)
	hook := mutating.Webhooks[0]
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
		if got := matches(hook.NamespaceSelector, of); got != ns.want {
			t.Errorf("%s: selected %v, want %v", name, got, ns.want)
		}
	}
	if matches(hook.ObjectSelector, nil) || !matches(hook.ObjectSelector, map[string]string{v1alpha1.LabelPodNodeGroup: "gold"}) {
		t.Error("want exactly the pods that name a group")
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
