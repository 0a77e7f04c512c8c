package report

import (
	"fmt"
	"io"
	"time"

	"github.com/vpsie/vpsie-autoscaler/test/diary"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/agreement"
)

// Setting are the outcomes of all seeds with one setting of the scheduler.
type Setting struct {
	// Percentage is percentageOfNodesToScore; zero is the scheduler's default.
	Percentage int
	Seeds      []uint64
	Outcomes   []*agreement.Outcome
}

// agreementBars and agreementPeers are the share of planned pods on planned nodes, by percentageOfNodesToScore. The peer is an extender
// that gives one of 500 nodes the top score: the scheduler's sample of the nodes decides.
var (
	agreementBars  = map[int]string{0: "95 %", 100: "99 %"}
	agreementPeers = map[int]string{0: "46 %", 100: "100 %"}
)

// Agreement writes a table with a line for each seed and one for all of each setting.
func Agreement(w io.Writer, settings []Setting) {
	fmt.Fprintln(w, "| percentageOfNodesToScore | seed | pods planned | on the planned node | bar | peer | nominated, and there | machines | bought again | idle | refused to bound p50 | p99 |")
	fmt.Fprintln(w, "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
	for _, setting := range settings {
		for i, outcome := range setting.Outcomes {
			fmt.Fprintf(w, "| %s | %d | %d of %d | %s | | | %d, %d | %d | %d | %d | %s | %s |\n", nodesToScore(setting.Percentage), setting.Seeds[i],
				outcome.Planned, outcome.Pods, percent(outcome.Share()), outcome.Nominated, outcome.OnNominated, outcome.Bought, outcome.Again, outcome.Idle,
				quantile(outcome.Waits, 50), quantile(outcome.Waits, 99))
		}
		all := sum(setting.Outcomes)
		fmt.Fprintf(w, "| %s | all | %d of %d | **%s** | %s | %s | %d, %d | %d | %d | %d | %s | %s |\n", nodesToScore(setting.Percentage),
			all.Planned, all.Pods, percent(all.Share()), agreementBars[setting.Percentage], agreementPeers[setting.Percentage],
			all.Nominated, all.OnNominated, all.Bought, all.Again, all.Idle, quantile(all.Waits, 50), quantile(all.Waits, 99))
	}
}

func nodesToScore(percentage int) string {
	if percentage == 0 {
		return "default"
	}
	return fmt.Sprint(percentage)
}

// sum adds outcomes up.
func sum(outcomes []*agreement.Outcome) agreement.Outcome {
	var agreed diary.Agreement
	var waits []time.Duration
	all := agreement.Outcome{}
	for _, o := range outcomes {
		agreed.Planned, agreed.OnPlanned = agreed.Planned+o.Planned, agreed.OnPlanned+o.OnPlanned
		agreed.Nominated, agreed.OnNominated = agreed.Nominated+o.Nominated, agreed.OnNominated+o.OnNominated
		all.Pods, all.Bought, all.Again, all.Idle = all.Pods+o.Pods, all.Bought+o.Bought, all.Again+o.Again, all.Idle+o.Idle
		waits = append(waits, o.Waits...)
	}
	all.Agreement, all.Waits = agreed, waits
	return all
}
