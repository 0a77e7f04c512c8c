package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/test/diary"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/agreement"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/burst"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/latency"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/report"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/throughput"
)

const ms = time.Millisecond

// checkLines fails unless the table is whole and has the lines.
func checkLines(t *testing.T, table string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(table, line+"\n") {
			t.Errorf("want the line %q in\n%s", line, table)
		}
	}
	rows := strings.Split(strings.TrimSpace(table), "\n")
	for _, row := range rows {
		if got, want := strings.Count(row, "|"), strings.Count(rows[0], "|"); got != want {
			t.Errorf("%d bars in %q, want the %d of the head", got, row, want)
		}
	}
}

func TestLatencyStandsBesideItsBar(t *testing.T) {
	var b strings.Builder
	report.Latency(&b, []latency.Row{
		{Names: 500, CPU: []time.Duration{ms / 5, ms / 4, ms / 10}, Server: []time.Duration{ms, ms / 2, 3 * ms}, Client: []time.Duration{2 * ms, ms, 4 * ms}, Elapsed: 10 * ms},
		{Names: 7, Elapsed: ms},
	})
	checkLines(t, b.String(),
		"| 500 | 300 | 0.2 ms | 0.2 ms | 1.0 ms | 3.0 ms | 1.0 ms | 2.0 ms | 4.0 ms |",
		"| 7 | 0 | - | - | - | - | - | - | - |")
}

func TestThroughputIsComparedWithTheFirstArm(t *testing.T) {
	var b strings.Builder
	report.Throughput(&b, []throughput.Arm{
		{Name: throughput.None, Rates: []float64{500, 100, 400}},
		{Name: throughput.Trivial, Rates: []float64{250, 80, 240}},
		{Name: throughput.Ours, Rates: []float64{250, 70, 200}},
	})
	checkLines(t, b.String(),
		"| no extender | 400 | 100-500 | - | - | 596 pods/s | - |",
		"| one that does nothing | 240 | 80-250 | 60.0 % | - | 61 %: 366 pods/s | 1.7 ms |",
		"| ours | 200 | 70-250 | 50.0 % | 60 % | - | 2.5 ms |")
}

func TestAgreementSumsUpTheSeeds(t *testing.T) {
	var b strings.Builder
	report.Agreement(&b, []report.Setting{
		{Percentage: 0, Seeds: []uint64{1, 2}, Outcomes: []*agreement.Outcome{
			{Agreement: diary.Agreement{Planned: 10, OnPlanned: 5, Nominated: 8, OnNominated: 7}, Pods: 10, Bought: 3, Waits: []time.Duration{time.Second}},
			{Agreement: diary.Agreement{Planned: 30, OnPlanned: 30, Nominated: 1, OnNominated: 1}, Pods: 40, Bought: 9, Again: 2, Idle: 1, Waits: []time.Duration{3 * time.Second}},
		}},
		{Percentage: 100, Seeds: []uint64{1}, Outcomes: []*agreement.Outcome{{Agreement: diary.Agreement{Planned: 4, OnPlanned: 4}, Pods: 4, Bought: 1}}},
	})
	checkLines(t, b.String(),
		"| default | 1 | 10 of 10 | 50.0 % | | | 8, 7 | 3 | 0 | 0 | 1.0 s | 1.0 s |",
		"| default | 2 | 30 of 40 | 100.0 % | | | 1, 1 | 9 | 2 | 1 | 3.0 s | 3.0 s |",
		"| default | all | 40 of 50 | **87.5 %** | 95 % | 46 % | 9, 8 | 12 | 2 | 1 | 1.0 s | 3.0 s |",
		"| 100 | all | 4 of 4 | **100.0 %** | 99 % | 100 % | 0, 0 | 1 | 0 | 0 | - | - |")
}

func TestBurstStandsBesideTheSchedulersOwnPace(t *testing.T) {
	var b strings.Builder
	report.Burst(&b, &burst.Outcome{Pods: 10, Owners: 2, Creation: 30 * time.Second, Waiting: 1100 * ms, Flagged: 50 * time.Second})
	checkLines(t, b.String(), "| 10 | 2 | 30 s | 1.1 s | 2 s | 50 s |")
}
