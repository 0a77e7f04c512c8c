package planner

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/test/verify"
)

// two are pods of which each needs a machine of its own, in a cluster without nodes.
func two(c *cluster) {
	c.s.Nodes = nil
	c.wait("p", asking("cpu", "3"))
	c.wait("q", asking("cpu", "3"))
}

func buyBoth(c *cluster) { c.buy("small", "p"); c.buy("small", "q") }

// capped is a judgement about a limit that lets one of the two be bought for.
func capped(reason plan.Reason, want string, limit func(*cluster)) judgement {
	return judgement{given: func(c *cluster) { two(c); limit(c) }, want: want,
		good: func(c *cluster) { c.buy("small", "p"); c.leave(reason, "q") }, bad: buyBoth}
}

func TestVerifierKnowsLimits(t *testing.T) {
	judge(t, map[string]judgement{
		"MaxNewNodes":  capped(plan.ReasonClusterLimit, "MaxNewNodes is 1", func(c *cluster) { c.s.Limits.MaxNewNodes = 1 }),
		"MaxNodes":     capped(plan.ReasonClusterLimit, "MaxNodes is 1", func(c *cluster) { c.s.Limits.MaxNodes = 1 }),
		"MaxResources": capped(plan.ReasonClusterLimit, "8000 of cpu", func(c *cluster) { c.s.Limits.MaxResources = list("cpu", "7999m") }),
		"maximum":      capped(plan.ReasonGroupLimit, "the maximum is 3", func(c *cluster) { c.group().Max, c.group().Nodes = 3, 2 }),
		"scale-up switched off": {
			given: func(c *cluster) { two(c); c.group().ScaleUp, c.group().Nodes = false, 1 },
			good:  func(c *cluster) { c.leave(plan.ReasonGroupLimit, "p", "q") },
			bad:   buyBoth,
			want:  "2 nodes are bought for no pod that may ask for one: scale-up false",
		},
		"sold out": {
			given: func(c *cluster) { two(c); c.offering("small").SoldOut = true },
			good:  func(c *cluster) { c.buy("large", "p", "q") },
			bad:   buyBoth,
			want:  "small is sold out",
		},
		"data centre": {
			given: func(c *cluster) { two(c); c.offering("small").DatacenterID = "other" },
			good:  func(c *cluster) { c.buy("large", "p", "q") },
			bad:   buyBoth,
			want:  "may not buy offering small",
		},
		"list of offerings": {
			given: func(c *cluster) { two(c); c.group().OfferingIDs = []string{"large"} },
			good:  func(c *cluster) { c.buy("large", "p", "q") },
			bad:   buyBoth,
			want:  "may not buy offering small",
		},
		"unknown group": {
			given: two,
			good:  buyBoth,
			bad:   func(c *cluster) { buyBoth(c); c.p.NewNodes[0].GroupKey = "default/none" },
			want:  "there is no such group",
		},
		"an offering of somebody else's": {
			given: two,
			good:  buyBoth,
			bad:   func(c *cluster) { buyBoth(c); o := *c.offering("small"); c.p.NewNodes[0].Offering = &o },
			want:  "not one of the snapshot",
		},
		"desired size": {
			given: func(c *cluster) { c.group().Desired = 2 },
			good:  func(c *cluster) { c.buy("small"); c.buy("small") },
			bad:   func(c *cluster) { c.buy("small") },
			want:  "0 nodes and 1 new ones, 2 are desired",
		},
		"more than the desired size": {
			given: func(c *cluster) { c.group().Desired = 2 },
			good:  func(c *cluster) { c.buy("small"); c.buy("small") },
			bad:   func(c *cluster) { c.buy("small"); c.buy("small"); c.buy("small") },
			want:  "3 nodes are bought for no pod that may ask for one",
		},
		"pods use what is bought anyway": {
			given: func(c *cluster) { two(c); c.group().ScaleUp, c.group().Desired = false, 1 },
			good:  func(c *cluster) { c.buy("large", "p", "q") },
			bad:   buyBoth,
			want:  "1 are missing in its desired size",
		},
		"desired size within limits": {
			given: func(c *cluster) { c.group().Desired = 2; c.s.Limits.MaxNodes = 3 },
			good:  func(c *cluster) { c.buy("small") },
			bad:   func(c *cluster) { c.buy("small"); c.buy("small") },
			want:  "MaxNodes is 3",
		},
		"priority of groups": {
			given: func(c *cluster) {
				two(c)
				c.s.Groups = append(c.s.Groups, plan.Group{Key: "default/h", Max: 1, ScaleUp: true, DatacenterID: "dc", Priority: 1})
			},
			good: func(c *cluster) { c.buyFor("default/h", "small", "p"); c.buy("small", "q") },
			bad:  buyBoth,
			want: "group default/h with priority 1 would hold all its pods",
		},
	}, verify.Plan)
}

func TestVerifierKnowsWhatPlansSay(t *testing.T) {
	other := func(c *cluster, verdict string) plan.Considered {
		return plan.Considered{Offering: c.offering("large"), Verdict: verdict}
	}
	record := func(c *cluster) *[]plan.Considered { return &c.p.NewNodes[0].Considered }
	says := func(want string, bad func(*cluster)) judgement {
		good := func(c *cluster) { buyBoth(c); c.bound(150) }
		return judgement{given: two, good: good, bad: func(c *cluster) { good(c); bad(c) }, want: want}
	}
	judge(t, map[string]judgement{
		"price":                 says("price: 201, the new nodes cost 200", func(c *cluster) { c.p.Price++ }),
		"bound":                 says("lower bound: 201", func(c *cluster) { c.p.LowerBound = 201 }),
		"bound below nothing":   says("lower bound: -1", func(c *cluster) { c.p.LowerBound = -1 }),
		"gap":                   says("gap: 0.5", func(c *cluster) { c.p.Gap = 0.5 }),
		"record without choice": says("0 offerings are marked as chosen", func(c *cluster) { *record(c) = nil }),
		"record with another choice": says("large is marked as chosen and small is bought", func(c *cluster) {
			*record(c) = []plan.Considered{other(c, plan.VerdictChosen)}
		}),
		"record out of order": says("considered after a dearer one", func(c *cluster) {
			*record(c) = append([]plan.Considered{other(c, "too dear")}, *record(c)...)
		}),
		"record without words": says("without a verdict", func(c *cluster) { *record(c) = append(*record(c), other(c, "")) }),
		"record too long": says("17 offerings considered", func(c *cluster) {
			for range plan.MaxConsidered {
				*record(c) = append(*record(c), other(c, "too dear"))
			}
		}),
		"lost pod":     says("pod default/q: it is in the plan 0 times", func(c *cluster) { c.p.NewNodes[1].Pods = nil }),
		"pod twice":    says("pod default/q: it is in the plan 2 times", func(c *cluster) { c.leave(plan.ReasonTooLarge, "q") }),
		"unknown pod":  says("not in the snapshot", func(c *cluster) { c.p.NewNodes[0].Pods = append(c.p.NewNodes[0].Pods, &corev1.Pod{}) }),
		"unknown node": says("which does not exist", func(c *cluster) { c.p.NewNodes[1].Pods = nil; c.place("n9", "q") }),
		"without a word": says("and no message", func(c *cluster) {
			c.p.NewNodes[1].Pods = nil
			c.leave(plan.ReasonTooLarge, "q")
			c.p.Left[0].Message = ""
		}),
	}, verify.Plan)
}
