package report

import (
	"fmt"
	"io"

	"github.com/vpsie/vpsie-autoscaler/test/scheduling/burst"
	"github.com/vpsie/vpsie-autoscaler/test/tables"
)

// burstBar is how soon after the first refusal all pods are to be counted. What reads verdicts alone, as Cluster Autoscaler and
// Karpenter do, waits until the scheduler has written the last one.
const burstBar = "2 s"

// Burst writes a table of one crowd.
func Burst(w io.Writer, o *burst.Outcome) {
	fmt.Fprintln(w, "| pods | owners | created within | first refusal to all waiting | bar | peer: first refusal to last refusal |")
	fmt.Fprintln(w, "|---:|---:|---:|---:|---:|---:|")
	fmt.Fprintf(w, "| %d | %d | %s | %s | %s | %s |\n", o.Pods, o.Owners,
		tables.Brief(o.Creation), tables.Brief(o.Waiting), burstBar, tables.Brief(o.Flagged))
}
