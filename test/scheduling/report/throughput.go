package report

import (
	"fmt"
	"io"
	"slices"

	"github.com/vpsie/vpsie-autoscaler/test/scheduling/throughput"
	"github.com/vpsie/vpsie-autoscaler/test/tables"
)

// keptBar is the part of its throughput that the scheduler is to keep with our extender.
const keptBar = "60 %"

// keptPeers are what the scheduler kept in earlier measurements with 500 nodes and everything in one process: with a handler that scores
// and does nothing else, 366 of 596 pods/s.
var keptPeers = map[string]string{throughput.None: "596 pods/s", throughput.Trivial: "61 %: 366 pods/s"}

// Throughput writes a table of the arms. The first is what the others are compared with.
func Throughput(w io.Writer, arms []throughput.Arm) {
	fmt.Fprintln(w, "| extender | pods/s, median | least-most | kept | bar | peer | added a pod |")
	fmt.Fprintln(w, "|---|---:|---:|---:|---:|---|---:|")
	for i, arm := range arms {
		kept, bar, added := "-", "-", "-"
		if i > 0 {
			kept, added = percent(arm.Kept(arms[0])), tables.Brief(arm.Added(arms[0]))
		}
		if arm.Name == throughput.Ours {
			bar = keptBar
		}
		peer, found := keptPeers[arm.Name]
		if !found {
			peer = "-"
		}
		fmt.Fprintf(w, "| %s | %.0f | %.0f-%.0f | %s | %s | %s | %s |\n", arm.Name, arm.Median(),
			slices.Min(arm.Rates), slices.Max(arm.Rates), kept, bar, peer, added)
	}
}

// percent shows a share with one digit after the point.
func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }
