package extender_test

import (
	"strings"
	"testing"

	configv1 "k8s.io/kube-scheduler/config/v1"

	"github.com/vpsie/vpsie-autoscaler/extender"
	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
)

func TestThePluginMustReportAndComeFirst(t *testing.T) {
	const ours, other = diagnosis.Plugin, "DefaultPreemption"
	set := func(names ...string) (enabled []configv1.Plugin) {
		for _, name := range names {
			enabled = append(enabled, configv1.Plugin{Name: name})
		}
		return enabled
	}
	cases := map[string]struct {
		multiPoint, postFilter, disabled []configv1.Plugin
		unconfigured                     bool
		want                             string // the start of the only finding; empty: none
	}{
		"in both":                        {multiPoint: set(ours), postFilter: set(ours)},
		"in both, first of several":      {multiPoint: set("NodeName", ours, other), postFilter: set(ours, other)},
		"without the defaults":           {postFilter: set(ours, other), disabled: set("*")},
		"not there":                      {unconfigured: true},
		"not enabled":                    {want: "warning profiles[0].plugins: VPSieDiagnosis has arguments but is not enabled"},
		"without arguments":              {multiPoint: set(ours), unconfigured: true, want: "error   profiles[0].plugins: VPSieDiagnosis is enabled but has no arguments"},
		"in multiPoint only":             {multiPoint: set(ours), want: "warning profiles[0].plugins.postFilter: VPSieDiagnosis comes after preemption"},
		"in postFilter only":             {postFilter: set(ours), want: "warning profiles[0].plugins.postFilter"},
		"behind another":                 {multiPoint: set(ours), postFilter: set(other, ours), want: "warning profiles[0].plugins.postFilter"},
		"behind, without the defaults":   {postFilter: set(other, ours), disabled: set("*"), want: "warning profiles[0].plugins.postFilter"},
		"only one default is turned off": {postFilter: set(ours), disabled: set(other), want: "warning profiles[0].plugins.postFilter"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			config := shipped(t)
			profile := &config.Profiles[0]
			profile.Plugins = &configv1.Plugins{
				MultiPoint: configv1.PluginSet{Enabled: test.multiPoint}, PostFilter: configv1.PluginSet{Enabled: test.postFilter, Disabled: test.disabled},
			}
			if !test.unconfigured {
				profile.PluginConfig = []configv1.PluginConfig{{Name: ours}}
			}
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
