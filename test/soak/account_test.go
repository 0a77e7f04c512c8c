package soak

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// sweepSlack is how much longer than the grace period an orphan may live when a fifth of the sweep's calls fail: each sweep may fail
// as a whole, and each deletion may be lost.
const sweepSlack = 30 * time.Minute

// sameCall is how far apart two machines of one order are, where the cloud made two of it.
const sameCall = 5 * time.Second

// account compares what the cloud bills with the lives of the objects. Every machine must be that of one VPSieNode, must have been
// ordered once, and must have been paid for only while its object lived, or until the sweep found it.
func (w *world) account() {
	w.t.Helper()
	machines := w.sim.Machines()
	ordered, fates := map[string]time.Time{}, map[cloud.Fate]int{}
	for _, machine := range machines {
		hostname := strings.ToLower(machine.Order.Hostname)
		fates[machine.Order.Fate]++
		first, again := ordered[hostname]
		switch {
		case w.lives[hostname] == nil:
			w.t.Errorf("machine %s belongs to no VPSieNode", hostname)
		case again && machine.Created.Sub(first) > sameCall:
			w.t.Errorf("machine %s was ordered again after %v", hostname, machine.Created.Sub(first))
		case machine.State != cloud.StateGone && machine.State != cloud.StateVanished:
			w.t.Errorf("machine %s is left, %s", hostname, machine.State)
		}
		ordered[hostname] = machine.Created
	}
	owed := int64(0)
	for _, line := range w.sim.BillLines() {
		if l := w.lives[strings.ToLower(line.Hostname)]; l != nil {
			w.checkLife(line, l)
			billed := (line.To.Sub(line.From) + time.Second - 1).Truncate(time.Second)
			owed += int64((billed+time.Hour-1)/time.Hour) * int64(l.plan.Hourly())
		}
	}
	bill := w.sim.Bill()
	if bill.Owed != owed || bill.Machines != 0 || bill.Rate != 0 {
		w.t.Errorf("the bill is %d for %d machines at %v now; the objects account for %d and no machine", bill.Owed, bill.Machines, bill.Rate, owed)
	}
	ready := 0
	for name, l := range w.lives {
		if l.gone.IsZero() {
			w.t.Errorf("VPSieNode %s is left", name)
		}
		if l.ready {
			ready++
		}
	}
	removed := testutil.ToFloat64(w.metrics.OrphansRemoved.WithLabelValues("machine"))
	if removed == 0 {
		w.t.Error("the sweep never removed anything, so it was not put to the test")
	}
	w.t.Logf("%d VPSieNodes, %d of them became ready; %d machines, fates %v; the sweep removed %v; the bill is $%.2f, by the second $%.2f",
		len(w.lives), ready, len(machines), fates, removed, float64(bill.Owed)/1e9, float64(bill.Metered)/1e9)
}

// checkLife compares when a machine was billed with when its object lived.
func (w *world) checkLife(line cloud.BillLine, l *life) {
	w.t.Helper()
	end := l.gone
	if l.stripped || line.To.After(l.gone) {
		end = l.gone.Add(grace + sweepSlack)
	}
	if !l.stripped && line.To.After(l.gone) {
		w.t.Logf("machine %s outlived its VPSieNode by %v", line.Hostname, line.To.Sub(l.gone).Round(time.Second))
	}
	if line.From.Before(l.created) || line.To.After(end) {
		w.t.Errorf("machine %s was billed from %v to %v, its VPSieNode lived from %v to %v", line.Hostname, line.From, line.To, l.created, l.gone)
	}
	if line.Plan != l.plan.Nickname {
		w.t.Errorf("machine %s is a %s, its VPSieNode ordered a %s", line.Hostname, line.Plan, l.plan.Nickname)
	}
}
