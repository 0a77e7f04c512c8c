package extender_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	configv1 "k8s.io/kube-scheduler/config/v1"
	"sigs.k8s.io/yaml"

	"github.com/vpsie/vpsie-autoscaler/extender"
)

func TestTheSchedulerConfigurationWeShipIsStrictlyValidAndSafe(t *testing.T) {
	content, err := os.ReadFile("../manifests/scheduler/kubeschedulerconfiguration.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var config configv1.KubeSchedulerConfiguration
	if err := yaml.UnmarshalStrict(content, &config); err != nil {
		t.Fatalf("the file does not decode strictly: %v", err)
	}
	if want := (metav1.TypeMeta{APIVersion: configv1.SchemeGroupVersion.String(), Kind: "KubeSchedulerConfiguration"}); config.TypeMeta != want {
		t.Errorf("the file is a %v, want %v", config.TypeMeta, want)
	}
	if len(config.Extenders) != 1 {
		t.Fatalf("%d extenders, want 1", len(config.Extenders))
	}
	got := config.Extenders[0]
	if got.TLSConfig == nil || got.TLSConfig.CAFile == "" || got.TLSConfig.Insecure || len(got.TLSConfig.KeyData) > 0 {
		t.Errorf("tlsConfig is %+v, want one that verifies the server and holds no key", got.TLSConfig)
	}
	if !strings.HasPrefix(got.URLPrefix, "https://") || !strings.HasSuffix(got.URLPrefix, extender.PathPrefix) {
		t.Errorf("urlPrefix is %s, want https and the path %s", got.URLPrefix, extender.PathPrefix)
	}
	got.URLPrefix, got.TLSConfig = "", nil
	want := configv1.Extender{
		PrioritizeVerb: "prioritize", Weight: 2, EnableHTTPS: true, NodeCacheCapable: true, Ignorable: true,
		HTTPTimeout: metav1.Duration{Duration: 200 * time.Millisecond},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("extender (-want +got):\n%s", diff)
	}
}
