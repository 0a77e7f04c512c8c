package extender_test

import (
	"os"
	"strings"
	"testing"
	"time"

	configv1 "k8s.io/kube-scheduler/config/v1"

	"github.com/vpsie/vpsie-autoscaler/extender"
)

var served = extender.Expectation{Prioritize: true, ClientCertificate: true, SchedulerNames: []string{"default-scheduler"}}

func shipped(t *testing.T) *configv1.KubeSchedulerConfiguration {
	t.Helper()
	content, err := os.ReadFile("../manifests/scheduler/kubeschedulerconfiguration.yaml")
	if err != nil {
		t.Fatal(err)
	}
	config, err := extender.ReadConfiguration(content)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func TestNothingIsWrongWithTheConfigurationWeShip(t *testing.T) {
	if findings := extender.Check(shipped(t), served); len(findings) > 0 {
		t.Errorf("findings %v", findings)
	}
}

func TestEveryMistakeIsFoundWhereItIs(t *testing.T) {
	type config = configv1.KubeSchedulerConfiguration
	all := int32(100)
	cases := map[string]struct {
		change func(c *config, e *configv1.Extender)
		want   string // the start of the only finding; empty: none
	}{
		"no extender":             {func(c *config, _ *configv1.Extender) { c.Extenders = nil }, "error   extenders: none of 0"},
		"another extender only":   {func(_ *config, e *configv1.Extender) { e.URLPrefix = "https://127.0.0.1:1/other" }, "error   extenders: none of 1"},
		"two of ours":             {func(c *config, e *configv1.Extender) { c.Extenders = append(c.Extenders, *e) }, "error   extenders: 2 of them"},
		"a slash behind the path": {func(_ *config, e *configv1.Extender) { e.URLPrefix += "/" }, ""},
		"no time-out":             {func(_ *config, e *configv1.Extender) { e.HTTPTimeout.Duration = 0 }, "error   extenders[0].httpTimeout: is not set"},
		"a long time-out":         {func(_ *config, e *configv1.Extender) { e.HTTPTimeout.Duration = time.Second }, "error   extenders[0].httpTimeout: 1s"},
		"not ignorable":           {func(_ *config, e *configv1.Extender) { e.Ignorable = false }, "error   extenders[0].ignorable"},
		"whole nodes":             {func(_ *config, e *configv1.Extender) { e.NodeCacheCapable = false }, "error   extenders[0].nodeCacheCapable"},
		"some resources only": {func(_ *config, e *configv1.Extender) {
			e.ManagedResources = make([]configv1.ExtenderManagedResource, 1)
		}, "warning extenders[0].managedResources"},
		"a misspelt verb":          {func(_ *config, e *configv1.Extender) { e.PrioritizeVerb = "priorities" }, `error   extenders[0].prioritizeVerb: "priorities" is not served`},
		"no scoring":               {func(_ *config, e *configv1.Extender) { e.PrioritizeVerb, e.Weight = "", 0 }, "warning extenders[0].prioritizeVerb"},
		"a verb that is off":       {func(_ *config, e *configv1.Extender) { e.PreemptVerb = "preempt" }, "error   extenders[0].preemptVerb: is called, but extender.preempt is off"},
		"a filter that is off":     {func(c *config, e *configv1.Extender) { e.FilterVerb = "filter"; c.PercentageOfNodesToScore = &all }, "error   extenders[0].filterVerb"},
		"binding":                  {func(_ *config, e *configv1.Extender) { e.BindVerb = "bind" }, "error   extenders[0].bindVerb"},
		"no weight":                {func(_ *config, e *configv1.Extender) { e.Weight = 0 }, "error   extenders[0].weight: 0"},
		"too much weight":          {func(_ *config, e *configv1.Extender) { e.Weight = 5 }, "warning extenders[0].weight: 5"},
		"no encryption":            {func(_ *config, e *configv1.Extender) { e.URLPrefix = "http://10.0.0.1:8888/scheduler/v1" }, "error   extenders[0].urlPrefix: http://10.0.0.1:8888/scheduler/v1 shows no certificate"},
		"no URL":                   {func(_ *config, e *configv1.Extender) { e.URLPrefix = "/scheduler/v1" }, `error   extenders[0].urlPrefix: "/scheduler/v1" is no URL`},
		"no authority":             {func(_ *config, e *configv1.Extender) { e.TLSConfig.CAFile = "" }, "error   extenders[0].tlsConfig.caFile"},
		"no verification":          {func(_ *config, e *configv1.Extender) { e.TLSConfig.Insecure = true }, "error   extenders[0].tlsConfig.insecure"},
		"no certificate to show":   {func(_ *config, e *configv1.Extender) { e.TLSConfig.CertFile = "" }, "error   extenders[0].tlsConfig.certFile"},
		"a key in the log":         {func(_ *config, e *configv1.Extender) { e.TLSConfig.KeyData = []byte("k") }, "error   extenders[0].tlsConfig.keyData"},
		"a slow client":            {func(c *config, _ *configv1.Extender) { c.ClientConnection.QPS = 50 }, "warning clientConnection.qps: 50"},
		"a scheduler nobody knows": {func(c *config, _ *configv1.Extender) { name := "other"; c.Profiles[0].SchedulerName = &name }, "error   profiles: schedule for other"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			config := shipped(t)
			test.change(config, &config.Extenders[0])
			findings := extender.Check(config, served)
			switch {
			case test.want == "" && len(findings) > 0:
				t.Errorf("findings %v, want none", findings)
			case test.want != "" && (len(findings) != 1 || !strings.HasPrefix(findings[0].String(), test.want)):
				t.Errorf("findings %v, want one that starts with %q", findings, test.want)
			}
		})
	}
}

func TestFindingsDependOnWhatIsServed(t *testing.T) {
	config := shipped(t)
	config.Extenders[0].FilterVerb, config.Extenders[0].PreemptVerb = "filter", "preempt"
	want := served
	want.Filter, want.Preempt = true, true
	findings := extender.Check(config, want)
	if len(findings) != 1 || findings[0].Field != "percentageOfNodesToScore" {
		t.Errorf("findings %v, want one about percentageOfNodesToScore", findings)
	}
}

func TestPlainHTTPIsForTheLoopback(t *testing.T) {
	for url, faults := range map[string]int{"http://127.0.0.1:8888/scheduler/v1": 0, "http://10.0.0.1:8888/scheduler/v1": 1} {
		config := shipped(t)
		config.Extenders[0].URLPrefix = url
		want := served
		want.ClientCertificate = false
		if findings := extender.Check(config, want); len(findings) != faults {
			t.Errorf("%s: findings %v, want %d", url, findings, faults)
		}
	}
}

func TestErrorsComeBeforeWarnings(t *testing.T) {
	config := shipped(t)
	config.ClientConnection.QPS, config.Extenders[0].Weight, config.Extenders[0].Ignorable = 50, 5, false
	findings := extender.Check(config, served)
	if len(findings) != 3 || findings[0].Severity != extender.SeverityError || findings[1].Severity != extender.SeverityWarning {
		t.Errorf("findings %v, want the error first", findings)
	}
}

func TestConfigurationsAreReadAsTheSchedulerReadsThem(t *testing.T) {
	const head = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
	cases := map[string]struct{ content, fault string }{
		"a file":                   {head, ""},
		"the answer of /configz":   {`{"componentconfig":{"apiVersion":"kubescheduler.config.k8s.io/v1","kind":"KubeSchedulerConfiguration"}}`, ""},
		"a field that is misspelt": {head + "extender: []\n", "extender"},
		"another kind":             {"apiVersion: v1\nkind: Pod\n", "it is a Pod of v1, want a KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1"},
		"an older version":         {"apiVersion: kubescheduler.config.k8s.io/v1beta3\nkind: KubeSchedulerConfiguration\n", "v1beta3"},
		"nothing":                  {"", "it is a nothing of nothing"},
		"no YAML":                  {"\t", "not a scheduler configuration"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := extender.ReadConfiguration([]byte(c.content))
			if c.fault == "" && err != nil || c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
				t.Errorf("error %v, want %q in it", err, c.fault)
			}
		})
	}
}
