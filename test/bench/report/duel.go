package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/test/bench/contest"
	"github.com/vpsie/vpsie-autoscaler/test/tables"
)

// Duel are the outcomes of one scenario.
type Duel struct {
	Scenario string
	About    string
	Ours     *contest.Outcome
	// Peer is nil when it was not asked; Skipped then says why.
	Peer    *contest.Outcome
	Skipped string
}

// Fault says what must never be: a plan of ours that is wrong or incomplete, or a bound above the price of a complete valid plan. It is
// empty when all is well.
func (d *Duel) Fault() string {
	switch {
	case d.Ours.FaultCount > 0:
		return fmt.Sprintf("%s: our plan breaks %d rules, first: %s", d.Scenario, d.Ours.FaultCount, strings.Join(d.Ours.Faults, "; "))
	case d.Ours.Left > 0:
		return fmt.Sprintf("%s: our plan leaves %d pods", d.Scenario, d.Ours.Left)
	case d.Ours.LowerBound > d.Ours.HourlyPrice || valid(d.Peer) && d.Ours.LowerBound > d.Peer.HourlyPrice:
		return fmt.Sprintf("%s: our lower bound %.4f is above the price of a valid plan", d.Scenario, d.Ours.LowerBound)
	default:
		return ""
	}
}

// complete reports whether a planner has finished and found a place for every pod, right or wrong.
func complete(o *contest.Outcome) bool { return o != nil && o.Left == 0 && !o.Unfinished }

func valid(o *contest.Outcome) bool { return complete(o) && o.FaultCount == 0 }

// Duels writes the table of all scenarios, two lines each.
func Duels(w io.Writer, duels []Duel) {
	fmt.Fprintln(w, "| scenario | planner | $/h | of the bound | nodes | pods left | time | CPU | allocations a pod | peak memory | checked |")
	fmt.Fprintln(w, "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|")
	for i := range duels {
		d := &duels[i]
		line(w, d.Scenario+": "+d.About, d.Ours, d.Ours.LowerBound)
		if d.Peer != nil {
			line(w, "", d.Peer, d.Ours.LowerBound)
		} else {
			fmt.Fprintf(w, "| | %s | %s |%s\n", contest.Karpenter, d.Skipped, strings.Repeat(" |", 8))
		}
	}
	for i := range duels {
		if peer := duels[i].Peer; peer != nil && peer.FaultCount > 0 {
			fmt.Fprintf(w, "\nWhat %s did wrong in %s, for example: %s.\n", peer.Planner, duels[i].Scenario, peer.Faults[0])
		}
	}
}

func line(w io.Writer, name string, o *contest.Outcome, bound float64) {
	fmt.Fprintf(w, "| %s | %s | %.3f | %s | %d | %d | %s | %s | %.1f | %d MB | %s |\n", name, o.Planner, o.HourlyPrice, ratio(o, bound),
		o.Nodes, o.Left, tables.Brief(o.Wall), tables.Brief(o.CPU), float64(o.Allocs)/float64(o.Pods), o.PeakRSS>>20, verdict(o))
}

// ratio compares with the bound only what holds all pods.
func ratio(o *contest.Outcome, bound float64) string {
	if bound == 0 || o.Left > 0 || o.Unfinished {
		return "-"
	}
	return fmt.Sprintf("%.4f", o.HourlyPrice/bound)
}

func verdict(o *contest.Outcome) string {
	switch {
	case o.FaultCount > 0:
		return fmt.Sprintf("%d faults", o.FaultCount)
	case o.Unfinished:
		return "stopped at the time limit"
	default:
		return "yes"
	}
}

// Comparison writes in one line a scenario how much cheaper and faster our plan is. Scenarios without a complete plan of the peer are
// left out.
func Comparison(w io.Writer, duels []Duel) {
	fmt.Fprintln(w, "| scenario | Karpenter's price in terms of ours | its time | its CPU | its allocations |")
	fmt.Fprintln(w, "|---|---:|---:|---:|---:|")
	for i := range duels {
		if d := &duels[i]; complete(d.Peer) && complete(d.Ours) {
			fmt.Fprintf(w, "| %s | %.3f | %s | %s | %s |\n", d.Scenario, d.Peer.HourlyPrice/d.Ours.HourlyPrice,
				times(float64(d.Peer.Wall), float64(d.Ours.Wall)), times(float64(d.Peer.CPU), float64(d.Ours.CPU)),
				times(float64(d.Peer.Allocs), float64(d.Ours.Allocs)))
		}
	}
}

func times(theirs, ours float64) string {
	switch {
	case ours == 0:
		return "-"
	case theirs < 10*ours:
		return fmt.Sprintf("%.1f x", theirs/ours)
	default:
		return fmt.Sprintf("%.0f x", theirs/ours)
	}
}
