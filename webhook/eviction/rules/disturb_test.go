package rules_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/webhook/eviction/rules"
)

func TestAnnotationsKeepPodsInPeace(t *testing.T) {
	const (
		ours      = "autoscaler.vpsie.com/do-not-disrupt"
		karpenter = "karpenter.sh/do-not-disrupt"
		safe      = "cluster-autoscaler.kubernetes.io/safe-to-evict"
	)
	cases := map[string]struct {
		key, value string
		held       bool
		texts      []string
	}{
		"for good":                      {ours, "true", true, []string{`pod p has the annotation autoscaler.vpsie.com/do-not-disrupt="true"`, "take it off"}},
		"not at all":                    {ours, "false", false, nil},
		"for longer than it has run":    {ours, "90m", true, []string{"until 2026-03-01T12:30:00Z, 30m0s from now"}},
		"until this very moment":        {ours, "60m", false, nil},
		"for a second more":             {ours, "3601s", true, []string{"1s from now"}},
		"for no time":                   {ours, "0s", false, nil},
		"by a typing mistake":           {ours, "yes", true, []string{`="yes", which is neither "true", "false" nor a duration such as "90m", and counts as "true"`}},
		"by an empty value":             {ours, "", true, []string{`=""`}},
		"by days, which Go has not":     {ours, "2d", true, []string{"correct it"}},
		"by a negative duration":        {ours, "-1h", true, []string{"correct it"}},
		"as Karpenter knows it":         {karpenter, "true", true, []string{"karpenter.sh/do-not-disrupt"}},
		"as Karpenter does, for long":   {karpenter, "2h", true, []string{"2026-03-01T13:00:00Z"}},
		"as Karpenter does, and over":   {karpenter, "1h", false, nil},
		"Cluster Autoscaler may not":    {safe, "false", true, []string{`safe-to-evict="false"`, "take it off"}},
		"Cluster Autoscaler may":        {safe, "true", false, nil},
		"only when it is done":          {safe, "on-completion", true, []string{"until the pod has finished"}},
		"another typing mistake":        {safe, "no", true, []string{`neither "true", "false" nor "on-completion", and counts as "false"`}},
		"a value that is much too long": {safe, strings.Repeat("x", 5000), true, []string{strings.Repeat("x", 100) + "..."}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			reason := rules.Reason("")
			if c.held {
				reason = rules.DoNotDisrupt
			}
			s := snapshot(annotated(c.key, c.value))
			wantVerdict(t, s, reason, c.texts...)
			for _, refusal := range rules.Decide(s).Refusals {
				if len(refusal.Message) > 500 {
					t.Errorf("a message of %d bytes", len(refusal.Message))
				}
			}
		})
	}
}

func TestPeaceIsCountedFromTheStartOfThePod(t *testing.T) {
	started := metav1.NewTime(noon.Add(-10 * time.Minute))
	late := func(s *rules.Snapshot) { s.Pod.Status.StartTime = &started }
	wantVerdict(t, snapshot(annotated("karpenter.sh/do-not-disrupt", "15m"), late), rules.DoNotDisrupt, "5m0s from now")
	wantVerdict(t, snapshot(annotated("karpenter.sh/do-not-disrupt", "10m"), late), "")
}

func TestThePodGoesWhenTheLastAnnotationLetsIt(t *testing.T) {
	wantVerdict(t, snapshot(annotated("autoscaler.vpsie.com/do-not-disrupt", "false"), annotated("karpenter.sh/do-not-disrupt", "true")), rules.DoNotDisrupt, "karpenter.sh")
	wantVerdict(t, snapshot(annotated("autoscaler.vpsie.com/do-not-disrupt", "1s"), annotated("cluster-autoscaler.kubernetes.io/safe-to-evict", "false")),
		rules.DoNotDisrupt, "cluster-autoscaler")
}
