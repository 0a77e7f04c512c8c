package report_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/test/bench/contest"
	"github.com/vpsie/vpsie-autoscaler/test/bench/report"
	"github.com/vpsie/vpsie-autoscaler/test/oracle"
	"github.com/vpsie/vpsie-autoscaler/test/tables"
)

// The document is written by people but for what stands between the markers.
func TestPerformanceDocumentHasAPlaceForThePlanner(t *testing.T) {
	document, err := os.ReadFile("../../../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tables.Insert(string(document), report.Subject, "tables"); err != nil {
		t.Error(err)
	}
}

func outcome(change func(*contest.Outcome)) *contest.Outcome {
	o := &contest.Outcome{
		Planner: contest.VPSie, Pods: 10, Nodes: 2, HourlyPrice: 1.1, LowerBound: 1,
		Effort: contest.Effort{Runs: 1, Wall: 12 * time.Millisecond, CPU: 1500 * time.Millisecond, Allocs: 25, PeakRSS: 3 << 20},
	}
	if change != nil {
		change(o)
	}
	return o
}

func TestLinesOfADuel(t *testing.T) {
	tests := map[string]struct {
		duel report.Duel
		want []string
	}{
		"both": {
			report.Duel{Scenario: "s", About: "ten pods", Ours: outcome(nil), Peer: outcome(func(o *contest.Outcome) { o.HourlyPrice = 1.25 })},
			[]string{
				"| s: ten pods | vpsie | 1.100 | 1.1000 | 2 | 0 | 12 ms | 1.5 s | 2.5 | 3 MB | yes |",
				"| | vpsie | 1.250 | 1.2500 |",
			},
		},
		"the peer was not asked": {
			report.Duel{Scenario: "s", Ours: outcome(nil), Skipped: "skipped: slow"}, []string{"| | karpenter | skipped: slow |"}},
		"the peer left pods": {
			report.Duel{Scenario: "s", Ours: outcome(nil), Peer: outcome(func(o *contest.Outcome) { o.Left, o.Unfinished = 4, true })},
			[]string{"| - | 2 | 4 |", "stopped at the time limit"}},
		"a plan breaks rules": {
			report.Duel{Scenario: "s", Ours: outcome(nil), Peer: outcome(func(o *contest.Outcome) { o.Blame([]string{"so", "and so"}) })},
			[]string{"| 2 faults |", "did wrong in s, for example: so.\n"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			report.Duels(&b, []report.Duel{test.duel})
			for _, want := range test.want {
				if !strings.Contains(strings.ReplaceAll(b.String(), "|  |", "| |"), want) {
					t.Errorf("want %q in\n%s", want, &b)
				}
			}
		})
	}
}

func TestComparisonsOfCompletePlans(t *testing.T) {
	given := []report.Duel{
		{Scenario: "both", Ours: outcome(nil), Peer: outcome(func(o *contest.Outcome) {
			o.HourlyPrice, o.Allocs, o.Wall = 2.2, 2500, 6*time.Millisecond
		})},
		{Scenario: "alone", Ours: outcome(nil)},
		{Scenario: "stopped", Ours: outcome(nil), Peer: outcome(func(o *contest.Outcome) { o.Unfinished = true })},
	}
	var b strings.Builder
	report.Comparison(&b, given)
	if want := "| both | 2.000 | 0.5 x | 1.0 x | 100 x |\n"; !strings.HasSuffix(b.String(), "---:|\n"+want) {
		t.Errorf("want only the line %q in\n%s", want, &b)
	}
}

func TestWhatMustNeverBe(t *testing.T) {
	tests := map[string]struct {
		duel report.Duel
		want string
	}{
		"all is well":     {report.Duel{Ours: outcome(nil), Peer: outcome(nil)}, ""},
		"no peer":         {report.Duel{Ours: outcome(nil)}, ""},
		"we leave a pod":  {report.Duel{Ours: outcome(func(o *contest.Outcome) { o.Left = 1 })}, "leaves 1 pods"},
		"we break a rule": {report.Duel{Ours: outcome(func(o *contest.Outcome) { o.FaultCount, o.Faults = 1, []string{"so"} })}, "first: so"},
		"our bound is above the peer's price": {
			report.Duel{Ours: outcome(nil), Peer: outcome(func(o *contest.Outcome) { o.HourlyPrice = 0.9 })}, "above the price"},
		"which is no matter when it left pods": {
			report.Duel{Ours: outcome(nil), Peer: outcome(func(o *contest.Outcome) { o.HourlyPrice, o.Left = 0.9, 1 })}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := test.duel.Fault()
			if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q in it", got, test.want)
			}
		})
	}
}

func TestGapsAreTold(t *testing.T) {
	var b strings.Builder
	report.Gaps(&b, []oracle.Gap{{Seed: 1, Price: 10, Bound: 9, Optimum: 10}, {Seed: 2, Price: 12, Bound: 10, Optimum: 10}}, 1)
	for _, want := range []string{
		"2 instances; the optimum was bought in 1. The worst plan was that of instance 2.",
		"| price of the plan | 1.0000 |", "| proved lower bound | 0.9000 |",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("want %q in\n%s", want, &b)
		}
	}
}
