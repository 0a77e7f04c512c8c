package main

import (
	"runtime"
	"syscall"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/provisioner/scenario"
)

// rehearsal is a plan, what it was made from, and what making it took.
type rehearsal struct {
	*scenario.Scenario
	plan      *plan.Plan
	wall, cpu time.Duration
}

// rehearse makes the plan and measures it. What reading the scenario left behind is cleared away first, so that it does not count.
func rehearse(s *scenario.Scenario) *rehearsal {
	runtime.GC()
	cpu, start := cpuTime(), time.Now()
	made := plan.Make(&s.Snapshot)
	return &rehearsal{Scenario: s, plan: made, wall: time.Since(start), cpu: cpuTime() - cpu}
}

// cpuTime is what this process has used so far, on all processors, the collection of garbage included.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
