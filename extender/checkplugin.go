package extender

import (
	"fmt"
	"slices"

	configv1 "k8s.io/kube-scheduler/config/v1"

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
)

// checkPlugin looks at whether the plugin that reports diagnoses, where a profile has it, reports and comes before preemption.
func (c *checker) checkPlugin() {
	for i := range c.config.Profiles {
		profile := &c.config.Profiles[i]
		plugins := profile.Plugins
		if plugins == nil {
			plugins = &configv1.Plugins{}
		}
		after := plugins.PostFilter.Enabled
		configured := slices.ContainsFunc(profile.PluginConfig, func(p configv1.PluginConfig) bool { return p.Name == diagnosis.Plugin })
		multiPoint, postFilter := slices.ContainsFunc(plugins.MultiPoint.Enabled, isPlugin), slices.ContainsFunc(after, isPlugin)
		// What is named in both comes first; what is named in one comes after the defaults, unless these are switched off.
		alone := slices.ContainsFunc(plugins.PostFilter.Disabled, func(p configv1.Plugin) bool { return p.Name == "*" })
		first := postFilter && isPlugin(after[0]) && (multiPoint || alone)
		switch at := fmt.Sprintf("profiles[%d].plugins", i); {
		case configured && !multiPoint && !postFilter:
			c.doubt(at, "%s has arguments but is not enabled, so that nothing is reported: enable it in multiPoint and in postFilter", diagnosis.Plugin)
		case (multiPoint || postFilter) && !configured:
			c.bad(at, "%s is enabled but has no arguments, without which the scheduler does not start: set its endpoint in pluginConfig", diagnosis.Plugin)
		case (multiPoint || postFilter) && !first:
			c.doubt(at+".postFilter", "%s comes after preemption, which may take its time: enable it in multiPoint and first in postFilter", diagnosis.Plugin)
		}
	}
}

func isPlugin(p configv1.Plugin) bool { return p.Name == diagnosis.Plugin }
