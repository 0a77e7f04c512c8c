package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/test/diary"
	"github.com/vpsie/vpsie-autoscaler/test/tables"
)

// report is what the demonstration came to. Times are in milliseconds, prices in the account's currency.
type report struct {
	Pods         int `json:"pods"`
	Scheduled    int `json:"scheduled"`
	NodesCreated int `json:"nodesCreated"`
	VMsLeft      int `json:"vmsLeft"`
	NodesLeft    int `json:"nodesLeft"`
	// OnPlannedNode is how many pods ran on a machine that had been bought for them by name.
	OnPlannedNode int `json:"onPlannedNode"`
	// UnschedulableToCreateMillisP50 is from the scheduler's refusal of a pod to the order of the machine it came to run on; 0 for
	// a pod that was refused when its machine had already been ordered for its siblings.
	UnschedulableToCreateMillisP50 float64 `json:"unschedulableToCreateMillisP50"`
	// FirstRefusalToCreateMillisP50 counts from the refusal of the first replica of the pod's workload, so that it includes the
	// whole time in which pods are collected.
	FirstRefusalToCreateMillisP50 float64 `json:"firstRefusalToCreateMillisP50"`
	UnschedulableToReadyMillisP50 float64 `json:"unschedulableToReadyMillisP50"`
	UnschedulableToRunMillisP50   float64 `json:"unschedulableToRunningMillisP50"`
	PeakHourlyPrice               float64 `json:"peakHourlyPrice"`

	totalOwed float64
	bought    []purchase
}

// purchase is one kind of machine that was bought.
type purchase struct {
	group, offering, price, why string
	count, pods                 int
}

func (s *show) report(ctx context.Context) (*report, error) {
	bill, err := s.stack.Simulator.Bill(ctx)
	if err != nil {
		return nil, err
	}
	r := &report{Pods: s.pods, NodesCreated: len(s.nodes), PeakHourlyPrice: bill.PeakHourlyRate, totalOwed: bill.TotalOwed}
	if err := s.measure(ctx, r); err != nil {
		return nil, err
	}
	var nodes corev1.NodeList
	if err := s.stack.Client.List(ctx, &nodes, client.MatchingLabels{v1alpha1.LabelManaged: "true"}); err != nil {
		return nil, err
	}
	r.NodesLeft = len(nodes.Items)
	r.bought = purchases(s.nodes)
	return r, nil
}

// measure compares the diary of the pods with what the cloud saw.
func (s *show) measure(ctx context.Context, r *report) error {
	calls, err := s.stack.Simulator.Calls(ctx)
	if err != nil {
		return err
	}
	machines, err := s.stack.Simulator.Machines(ctx)
	if err != nil {
		return err
	}
	asked, ready := map[string]time.Time{}, map[string]time.Time{}
	for _, call := range calls {
		if call.CreatesMachine() {
			asked[call.Hostname] = call.Time
		}
	}
	for _, machine := range machines {
		ready[machine.Hostname] = machine.Ready
		if machine.Exists() {
			r.VMsLeft++
		}
	}
	entries := s.diary.Entries()
	r.OnPlannedNode = diary.Agree(entries, slices.Collect(maps.Values(s.nodes))).OnPlanned
	known := needs(entries)
	var toCreate, firstToCreate, toReady, toRun []time.Duration
	for _, e := range entries {
		if e.Running.IsZero() {
			continue
		}
		r.Scheduled++
		if e.Flagged.IsZero() {
			continue // there was room when the scheduler came to it
		}
		toCreate = append(toCreate, max(0, asked[e.Node].Sub(e.Flagged)))
		firstToCreate = append(firstToCreate, asked[e.Node].Sub(known[e.Workload]))
		toReady = append(toReady, ready[e.Node].Sub(e.Flagged))
		toRun = append(toRun, e.Running.Sub(e.Flagged))
	}
	r.UnschedulableToCreateMillisP50 = median(toCreate)
	r.FirstRefusalToCreateMillisP50 = median(firstToCreate)
	r.UnschedulableToReadyMillisP50 = median(toReady)
	r.UnschedulableToRunMillisP50 = median(toRun)
	return nil
}

// needs tells when each workload's need of nodes was known: when the scheduler had refused its first replica. The scheduler comes to
// the others later, some only when their machine has long been asked for.
func needs(entries []diary.Entry) map[string]time.Time {
	known := map[string]time.Time{}
	for _, e := range entries {
		if first := known[e.Workload]; !e.Flagged.IsZero() && (first.IsZero() || e.Flagged.Before(first)) {
			known[e.Workload] = e.Flagged
		}
	}
	return known
}

// median is in milliseconds; 0 of nothing.
func median(durations []time.Duration) float64 {
	return float64(tables.Quantile(durations, 50).Microseconds()) / 1000
}

func purchases(nodes map[string]v1alpha1.VPSieNode) []purchase {
	kinds := map[string]*purchase{}
	for _, name := range slices.Sorted(maps.Keys(nodes)) {
		spec := nodes[name].Spec
		key := spec.NodeGroupName + "/" + spec.OfferingName
		if kinds[key] == nil {
			kinds[key] = &purchase{group: spec.NodeGroupName, offering: spec.OfferingName, price: spec.Decision.PricePerHour, why: why(spec.Decision)}
		}
		kinds[key].count++
		kinds[key].pods += int(spec.Decision.PodCount)
	}
	var all []purchase
	for _, key := range slices.Sorted(maps.Keys(kinds)) {
		all = append(all, *kinds[key])
	}
	return all
}

// why names the cheapest offerings that were passed over, and the reason.
func why(decision v1alpha1.Decision) string {
	var reasons []string
	for _, considered := range decision.Considered {
		if considered.Verdict == "chosen" {
			break
		}
		reasons = append(reasons, considered.Offering+" "+considered.Verdict)
	}
	if len(reasons) == 0 {
		return "the cheapest"
	}
	return "cheaper: " + strings.Join(reasons[max(0, len(reasons)-2):], "; ")
}

func (r *report) write(path string) error {
	content, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(content, '\n'), 0o600)
}

func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "\n%d of %d pods ran on %d machines, %d of them on the machine that was bought for them; %d machines and %d nodes are left.\n\n",
		r.Scheduled, r.Pods, r.NodesCreated, r.OnPlannedNode, r.VMsLeft, r.NodesLeft)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "GROUP\tMACHINES\tOFFERING\tPRICE EACH\tPODS\tWHY")
	for _, p := range r.bought {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%d\t%s\n", p.group, p.count, p.offering, p.price, p.pods, p.why)
	}
	_ = table.Flush() // a terminal that has gone
	fmt.Fprintf(w, "\nMedian time from unschedulable to create request %.0f ms (%.0f ms from the refusal of the workload's first pod), to ready node %.0f ms, to running pod %.0f ms.\n",
		r.UnschedulableToCreateMillisP50, r.FirstRefusalToCreateMillisP50, r.UnschedulableToReadyMillisP50, r.UnschedulableToRunMillisP50)
	fmt.Fprintf(w, "Peak price $%.4f/h; the account owes $%.4f, started hours counted whole.\n", r.PeakHourlyPrice, r.totalOwed)
}

// verdict is an error when anything stayed pending or was left behind.
func (r *report) verdict() error {
	var faults []error
	if r.Scheduled != r.Pods {
		faults = append(faults, fmt.Errorf("%d pods never ran", r.Pods-r.Scheduled))
	}
	if r.VMsLeft > 0 {
		faults = append(faults, fmt.Errorf("%d machines are left in the cloud", r.VMsLeft))
	}
	if r.NodesLeft > 0 {
		faults = append(faults, fmt.Errorf("%d Nodes are left in the cluster", r.NodesLeft))
	}
	return errors.Join(faults...)
}
