package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// writeTable prints a plan for people.
func writeTable(w io.Writer, r *rehearsal, f simulateFlags) error {
	text := &bytes.Buffer{}
	title := "Scenario"
	if r.Name != "" {
		title += " " + r.Name
	}
	fmt.Fprintf(text, "%s: %s, %s, %s\n", title, count(len(r.Snapshot.Pods), "waiting pod"),
		count(len(r.Snapshot.Nodes), "existing node"), count(len(r.Snapshot.Offerings), "offering"))
	writeNewNodes(text, r.plan)
	writeExisting(text, r.existing(), len(r.plan.Placed))
	writeLeft(text, r.plan.Left)
	if f.showPods {
		writePods(text, r.plan)
	}
	writeSums(text, r, f)
	_, err := text.WriteTo(w)
	return err
}

// row is the nodes of one offering in one group.
type row struct {
	group    string
	offering *plan.Offering
	nodes    int
	pods     int
	usage    usage
}

// rows puts equal nodes together, the group and then the offering that costs most first.
func rows(nodes []plan.NewNode) []*row {
	type key struct{ group, datacenter, offering string }
	known := map[key]*row{}
	var all []*row
	for i := range nodes {
		node := &nodes[i]
		k := key{node.GroupKey, node.Offering.DatacenterID, node.Offering.ID}
		if known[k] == nil {
			known[k] = &row{group: node.GroupKey, offering: node.Offering}
			all = append(all, known[k])
		}
		r := known[k]
		r.nodes++
		r.pods += len(node.Pods)
		r.usage = r.usage.plus(usageOf(node))
	}
	slices.SortStableFunc(all, func(a, b *row) int {
		return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(b.price(), a.price()), cmp.Compare(a.offering.ID, b.offering.ID))
	})
	return all
}

func (r *row) price() money.PerHour { return r.offering.Price * money.PerHour(r.nodes) }

func writeNewNodes(w *bytes.Buffer, made *plan.Plan) {
	if len(made.NewNodes) == 0 {
		fmt.Fprint(w, "\nNo node need be bought.\n")
		return
	}
	fmt.Fprint(w, "\nNodes to buy\n")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  GROUP\tOFFERING\tZONE\tNODES\tEACH/H\tTOTAL/H\tPODS\tCPU USED\tMEMORY USED\tSLOTS USED")
	var sum row
	for _, r := range rows(made.NewNodes) {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%d\t%s\t%s\t%d\t%s\n", r.group, r.offering.ID, cmp.Or(r.offering.Labels[corev1.LabelTopologyZone], "-"),
			r.nodes, dollars(r.offering.Price), dollars(r.price()), r.pods, r.usage.cells())
		sum.nodes, sum.pods, sum.usage = sum.nodes+r.nodes, sum.pods+r.pods, sum.usage.plus(r.usage)
	}
	fmt.Fprintf(table, "  total\t\t\t%d\t\t%s\t%d\t%s\n", sum.nodes, dollars(made.Price), sum.pods, sum.usage.cells())
	_ = table.Flush() // a buffer takes everything
}

func (u usage) cells() string {
	return fmt.Sprintf("%s\t%s\t%s", percent(u.cpu.share()), percent(u.memory.share()), percent(u.pods.share()))
}

func writeSums(w *bytes.Buffer, r *rehearsal, f simulateFlags) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\nPrice\t%s an hour, $%.2f a month of %d hours\n", dollars(r.plan.Price),
		r.plan.Price.Units()*money.HoursPerMonth, money.HoursPerMonth)
	if r.plan.LowerBound > 0 {
		fmt.Fprintf(table, "Lower bound\t%s an hour: no nodes that hold these pods can cost less; the plan is %s above it\n",
			dollars(r.plan.LowerBound), percent(r.plan.Gap))
	}
	fmt.Fprintf(table, "Planned in\t%.1f ms (%.1f ms of processor time)\n", millis(r.wall), millis(r.cpu))
	_ = table.Flush()
	if !f.showPods {
		fmt.Fprint(w, "\n--show-pods lists every pod, --output json is for programs.\n")
	}
}

func dollars(p money.PerHour) string { return fmt.Sprintf("$%.4f", p.Units()) }

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
