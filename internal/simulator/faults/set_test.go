package faults_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
)

var create = faults.Call{Method: "POST", Path: "/api/v2/vm", Hostname: "prod-web-1", Plan: "G-2", Datacenter: "HEL", Kind: faults.KindCreation}

func TestRulesSelectCalls(t *testing.T) {
	list := faults.Call{Method: "GET", Path: "/api/v2/vm"}
	tests := map[string]struct {
		rule faults.Rule
		call faults.Call
		want bool
	}{
		"no condition":               {faults.Rule{Action: faults.ActionHang}, list, true},
		"method in lower case":       {faults.Rule{Action: faults.ActionHang, Match: faults.Match{Method: "get"}}, list, true},
		"other method":               {faults.Rule{Action: faults.ActionHang, Match: faults.Match{Method: "DELETE"}}, list, false},
		"path":                       {faults.Rule{Action: faults.ActionHang, Match: faults.Match{PathRegex: "/vm$"}}, list, true},
		"other path":                 {faults.Rule{Action: faults.ActionHang, Match: faults.Match{PathRegex: "/pending$"}}, list, false},
		"host name":                  {faults.Rule{Action: faults.ActionHang, Match: faults.Match{HostnameRegex: "^prod-"}}, create, true},
		"host name of no machine":    {faults.Rule{Action: faults.ActionHang, Match: faults.Match{HostnameRegex: "."}}, list, false},
		"plan":                       {faults.Rule{Action: faults.ActionSoldOut, Match: faults.Match{PlanRegex: "^G-"}}, create, true},
		"other plan":                 {faults.Rule{Action: faults.ActionSoldOut, Match: faults.Match{PlanRegex: "^A-"}}, create, false},
		"creation fault on a list":   {faults.Rule{Action: faults.ActionSoldOut}, list, false},
		"data centre":                {faults.Rule{Action: faults.ActionSoldOut, Match: faults.Match{DatacenterRegex: "HEL|AMS"}}, create, true},
		"other data centre":          {faults.Rule{Action: faults.ActionSoldOut, Match: faults.Match{DatacenterRegex: "NYC"}}, create, false},
		"deletion fault on creation": {faults.Rule{Action: faults.ActionLostDelete}, create, false},
		"deletion fault on deletion": {faults.Rule{Action: faults.ActionLostDelete}, faults.Call{Kind: faults.KindDeletion}, true},
		"list fault on a list":       {faults.Rule{Action: faults.ActionTruncated}, faults.Call{Kind: faults.KindList}, true},
		"login fault on a list":      {faults.Rule{Action: faults.ActionLoginRejected}, faults.Call{Kind: faults.KindList}, false},
		"any fault on a login":       {faults.Rule{Action: faults.ActionHang}, faults.Call{Kind: faults.KindLogin}, true},
		"any fault on a plan":        {faults.Rule{Action: faults.ActionHang}, faults.Call{Kind: faults.KindOffer}, false},
		"withdrawn plan":             {faults.Rule{Action: faults.ActionWithdrawn}, faults.Call{Kind: faults.KindOffer, Plan: "G-2"}, true},
		"withdrawn plan ordered":     {faults.Rule{Action: faults.ActionWithdrawn}, create, true},
		"creation fault on creation": {faults.Rule{Action: faults.ActionNeverJoin}, create, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			set := faults.NewSet(1)
			if err := set.Add(test.rule); err != nil {
				t.Fatal(err)
			}
			if _, got := set.Take(test.call); got != test.want {
				t.Errorf("hit %v, want %v", got, test.want)
			}
		})
	}
}

func TestRuleIsUsedUpAfterItsTimesAndTheNextOneFollows(t *testing.T) {
	set := faults.NewSet(1)
	for _, rule := range []faults.Rule{{Action: faults.ActionQuota, Times: 2}, {Action: faults.ActionHang, Times: 1}} {
		if err := set.Add(rule); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for range 4 {
		rule, _ := set.Take(create)
		got = append(got, string(rule.Action))
	}
	if strings.Join(got, ",") != "quota,quota,hang," {
		t.Errorf("hits %q", got)
	}
}

func TestProbabilityHitsAShareOfTheCalls(t *testing.T) {
	set := faults.NewSet(1)
	if err := set.Add(faults.Rule{Action: faults.ActionHang, Probability: 0.25}); err != nil {
		t.Fatal(err)
	}
	hits := 0
	for range 1000 {
		if _, hit := set.Take(create); hit {
			hits++
		}
	}
	if hits < 200 || hits > 300 {
		t.Errorf("%d of 1000 calls hit, want about 250", hits)
	}
}

func TestClearRemovesAllRules(t *testing.T) {
	set := faults.NewSet(1)
	if err := set.Add(faults.Rule{Action: faults.ActionHang}); err != nil {
		t.Fatal(err)
	}
	set.Clear()
	if _, hit := set.Take(create); hit {
		t.Error("a rule is left")
	}
}

func TestWrongRulesAreRefusedWithTheirField(t *testing.T) {
	tests := map[string]faults.Rule{
		"action":            {Action: "explode"},
		"times":             {Action: faults.ActionHang, Times: -1},
		"probability":       {Action: faults.ActionHang, Probability: 2},
		"status":            {Action: faults.ActionStatus, Status: 200},
		"retryAfterSeconds": {Action: faults.ActionRateLimited, RetryAfterSeconds: -1},
		"seconds":           {Action: faults.ActionSlow, Seconds: -1},
		"status 302":        {Action: faults.ActionQuota, Status: 302},
		"match.pathRegex":   {Action: faults.ActionHang, Match: faults.Match{PathRegex: "("}},
	}
	for field, rule := range tests {
		t.Run(field, func(t *testing.T) {
			err := faults.NewSet(1).Add(rule)
			if err == nil || !strings.HasPrefix(err.Error(), field) {
				t.Errorf("error %v, want one about %s", err, field)
			}
		})
	}
}

func TestActionsTellWhatTheyDoOnce(t *testing.T) {
	seen := map[faults.Action]bool{}
	for _, d := range faults.Actions {
		if seen[d.Action] || d.Does == "" {
			t.Errorf("%s: told twice or not at all", d.Action)
		}
		seen[d.Action] = true
		if found, ok := faults.Describe(d.Action); !ok || found.Does != d.Does {
			t.Errorf("%s: described as %q", d.Action, found.Does)
		}
	}
}

func TestDelayHasADefaultForEachAction(t *testing.T) {
	for _, test := range []struct {
		rule faults.Rule
		want time.Duration
	}{
		{faults.Rule{Action: faults.ActionSlow}, 10 * time.Second},
		{faults.Rule{Action: faults.ActionFreeze}, time.Minute},
		{faults.Rule{Action: faults.ActionFreeze, Seconds: 5}, 5 * time.Second},
	} {
		if got := test.rule.Delay(); got != test.want {
			t.Errorf("%+v: delay %v, want %v", test.rule, got, test.want)
		}
	}
}
