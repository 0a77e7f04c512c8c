package pod_test

import (
	"strings"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
)

func TestRulesAreRefusedWithEveryFaultAndItsPlace(t *testing.T) {
	cases := map[string]struct {
		yaml string
		want []string // nothing means that it is accepted
	}{
		"none":                {yaml: ``},
		"every pod":           {yaml: `{rules: [{name: all, tolerations: [{operator: Exists}]}]}`},
		"a toleration a time": {yaml: `{rules: [{name: a, tolerations: [{key: k, operator: Exists, effect: NoExecute, tolerationSeconds: 5}]}]}`},
		"a slip of the pen":   {`{rules: [{name: a, nodeGrup: gold}]}`, []string{`unknown field "nodeGrup"`}},
		"no YAML":             {`{rules: [`, []string{"read the pod rules"}},
		"too much":            {strings.Repeat("#", 1<<20+1), []string{"longer than 1048576 bytes"}},
		"several faults": {
			`{rules: [{nodeGroup: Gold}, {name: a, matchLabels: {"a b": c}, nodeSelector: {k: "a b"}}, {name: a}]}`,
			[]string{
				"rules[0].name: Required", `rules[0].nodeGroup: Invalid value: "Gold"`, `rules[1].matchLabels: Invalid value: "a b"`,
				`rules[1].nodeSelector[k]: Invalid value: "a b"`, `rules[2].name: Duplicate value: "a"`, "rules[2]: Required value: adds nothing",
			},
		},
		"tolerations that the API server would refuse": {
			`{rules: [{name: a, tolerations: [{key: k, operator: Gt}, {key: k, operator: Exists, value: v}, {}, {key: "a b", value: "c d", effect: Never},
				{key: k, effect: NoSchedule, tolerationSeconds: 5}, {key: autoscaler.vpsie.com/uninitialized, operator: Exists}]}]}`,
			[]string{
				`tolerations[0].operator: Unsupported value: "Gt"`, `tolerations[1].value: Invalid value: "v"`, "tolerations[2].operator: Invalid",
				`tolerations[3].key: Invalid value: "a b"`, `tolerations[3].effect: Unsupported value: "Never"`, `tolerations[3].value: Invalid value: "c d"`,
				"tolerations[4].effect: Invalid", "tolerations[5].key: Forbidden",
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := pod.ReadRules(strings.NewReader(c.yaml))
			if (err != nil) != (len(c.want) > 0) {
				t.Fatalf("the error is %v, want one: %t", err, len(c.want) > 0)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nlacks %q", err, want)
				}
			}
			if len(c.want) > 1 && strings.Count(err.Error(), "\n") != len(c.want)-1 {
				t.Errorf("%v\nhas another number of faults than %d", err, len(c.want))
			}
		})
	}
}
