package contest

import "time"

// Names of the planners.
const (
	VPSie     = "vpsie"
	Karpenter = "karpenter"
)

// Outcome is what a planner made of a scenario and what it took.
type Outcome struct {
	Planner string `json:"planner"`
	Pods    int    `json:"pods"`
	Nodes   int    `json:"nodes"`
	// Left is the number of pods without a place.
	Left        int     `json:"left"`
	HourlyPrice float64 `json:"hourlyPrice"`
	// LowerBound is the bound that the planner proves; zero when it proves none.
	LowerBound float64 `json:"lowerBoundHourly"`
	// Unfinished says that the time limit ended the run.
	Unfinished bool `json:"unfinished"`
	// Faults are what the verifier holds against the plan, at most MaxFaults; FaultCount is their number.
	Faults     []string `json:"faults,omitempty"`
	FaultCount int      `json:"faultCount"`
	Effort
}

// Effort is what one plan takes. Times and allocations are medians over Runs.
type Effort struct {
	Runs int           `json:"runs"`
	Wall time.Duration `json:"wallNanos"`
	// CPU is that of all threads, the garbage collector's included.
	CPU    time.Duration `json:"cpuNanos"`
	Allocs uint64        `json:"allocations"`
	Bytes  uint64        `json:"allocatedBytes"`
	// PeakRSS is the most memory in bytes that the process has held up to the end of the first run, the scenario included. It is zero
	// where the system does not tell.
	PeakRSS int64 `json:"peakRSS"`
}

// MaxFaults bounds the faults that an outcome quotes.
const MaxFaults = 5

// Blame notes what is wrong with the plan.
func (o *Outcome) Blame(faults []string) {
	o.Faults, o.FaultCount = faults[:min(len(faults), MaxFaults)], len(faults)
}
