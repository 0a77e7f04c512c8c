package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// maxExamples is the number of pods that stand for all in the same place or with the same reason.
const maxExamples = 3

func writeExisting(w *bytes.Buffer, nodes []resultPlacing, pods int) {
	if pods == 0 {
		return
	}
	fmt.Fprintf(w, "\nExisting nodes take %s\n", count(pods, "pod"))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  NODE\tPODS\tEXAMPLES")
	for _, node := range nodes {
		fmt.Fprintf(table, "  %s\t%d\t%s\n", node.Node, len(node.Pods), examples(node.Pods))
	}
	_ = table.Flush()
}

// writeLeft tells why pods get no node, the reason of most pods first.
func writeLeft(w *bytes.Buffer, left []plan.Unplaced) {
	if len(left) == 0 {
		return
	}
	pods := map[string][]string{}
	for _, l := range left {
		reason := string(l.Reason) + ": " + l.Message
		pods[reason] = append(pods[reason], podName(l.Pod))
	}
	reasons := slices.SortedFunc(maps.Keys(pods), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(pods[b]), len(pods[a])), cmp.Compare(a, b))
	})
	fmt.Fprintf(w, "\nNo node for %s\n", count(len(left), "pod"))
	for _, reason := range reasons {
		fmt.Fprintf(w, "  %s\n    %s: %s\n", reason, count(len(pods[reason]), "pod"), examples(pods[reason]))
	}
}

func examples(pods []string) string {
	if more := len(pods) - maxExamples; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(pods[:maxExamples], ", "), more)
	}
	return strings.Join(pods, ", ")
}

// writePods lists every pod with its node, by name. New nodes have the numbers of their place in the plan.
func writePods(w *bytes.Buffer, made *plan.Plan) {
	var lines []string
	for _, placed := range made.Placed {
		lines = append(lines, podName(placed.Pod)+"\t"+placed.Node)
	}
	for i := range made.NewNodes {
		for _, pod := range made.NewNodes[i].Pods {
			lines = append(lines, fmt.Sprintf("%s\tnew node %d, %s", podName(pod), i+1, made.NewNodes[i].Offering.ID))
		}
	}
	for _, left := range made.Left {
		lines = append(lines, fmt.Sprintf("%s\tnone, %s", podName(left.Pod), left.Reason))
	}
	slices.Sort(lines)
	fmt.Fprint(w, "\nPods\n")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  POD\tNODE")
	for _, line := range lines {
		fmt.Fprintln(table, "  "+line)
	}
	_ = table.Flush() // a buffer takes everything
}
