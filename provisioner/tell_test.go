package provisioner_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

func left(reason plan.Reason, message string) *plan.Plan {
	return &plan.Plan{Left: []plan.Unplaced{{Pod: build.Pod("a").Obj(), Reason: reason, Message: message}}}
}

func TestOnlyPodsThatNeedANodeAreWarnedAbout(t *testing.T) {
	quiet := []plan.Reason{plan.ReasonNotPending, plan.ReasonOtherScheduler, plan.ReasonSchedulingGated, plan.ReasonPreemption}
	warned := []plan.Reason{
		plan.ReasonResourceClaims, plan.ReasonVolumes, plan.ReasonTooLarge, plan.ReasonNoMatchingGroup, plan.ReasonHostPort, plan.ReasonPodAffinity,
		plan.ReasonPodAntiAffinity, plan.ReasonTopologySpread, plan.ReasonBelowCutoff, plan.ReasonSoldOut, plan.ReasonGroupLimit, plan.ReasonClusterLimit,
	}
	wants := map[plan.Reason]int{}
	for _, reason := range quiet {
		wants[reason] = 0
	}
	for _, reason := range warned {
		wants[reason] = 1
	}
	for reason, want := range wants {
		w := newWorld(t)
		w.provisioner.Tell(left(reason, "why"))
		if seen := w.events.Seen(); len(seen) != want || want == 1 && seen[0] != "a NotProvisioned: "+string(reason)+": why" {
			t.Errorf("%s: events %q, want %d", reason, seen, want)
		}
		if got := testutil.ToFloat64(w.metrics.UnplacedPods.WithLabelValues(string(reason))); got != 1 {
			t.Errorf("%s: %v pods counted, want 1", reason, got)
		}
	}
}

func TestAWarningIsRepeatedAfterAQuietReason(t *testing.T) {
	w := newWorld(t)
	for _, reason := range []plan.Reason{plan.ReasonTooLarge, plan.ReasonPreemption, plan.ReasonTooLarge} {
		w.provisioner.Tell(left(reason, "why"))
	}
	if seen := w.events.Seen(); len(seen) != 2 {
		t.Errorf("events %q, want two", seen)
	}
}

func TestAWarningFitsIntoAnEvent(t *testing.T) {
	w := newWorld(t)
	w.provisioner.Tell(left(plan.ReasonNoMatchingGroup, strings.Repeat("größe ", 400)))
	_, note, _ := strings.Cut(w.events.Seen()[0], ": ")
	if len(note) > 1024 || len(note) < 900 || strings.ContainsRune(note, '\uFFFD') {
		t.Errorf("a note of %d bytes: %s", len(note), note)
	}
}
