package contest

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A planner is run again until it has had runs enough or time enough.
const (
	maxRuns = 5
	maxTime = 5 * time.Second
)

// Measure runs solve several times. The garbage of one run is collected before the next.
func Measure(solve func() error) (Effort, error) {
	var wall, cpu []time.Duration
	var allocs, bytes []uint64
	var peak int64
	for begin := time.Now(); len(wall) == 0 || len(wall) < maxRuns && time.Since(begin) < maxTime; {
		runtime.GC()
		before := snap()
		if err := solve(); err != nil {
			return Effort{}, err
		}
		after := snap()
		wall, cpu = append(wall, after.at.Sub(before.at)), append(cpu, after.cpu-before.cpu)
		allocs, bytes = append(allocs, after.allocs-before.allocs), append(bytes, after.bytes-before.bytes)
		if len(wall) == 1 {
			peak = peakRSS()
		}
	}
	return Effort{Runs: len(wall), Wall: median(wall), CPU: median(cpu), Allocs: median(allocs), Bytes: median(bytes), PeakRSS: peak}, nil
}

// reading is the state of the process at one moment.
type reading struct {
	at            time.Time
	cpu           time.Duration
	allocs, bytes uint64
}

func snap() reading {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(fmt.Sprintf("getrusage: %v", err)) // it cannot fail for the process itself
	}
	return reading{
		at: time.Now(), cpu: time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), allocs: memory.Mallocs, bytes: memory.TotalAlloc,
	}
}

// peakRSS reads the high-water mark of resident memory. The one of getrusage would be the parent's when that is higher.
func peakRSS() int64 {
	file, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var kilobytes int64
		if value, found := strings.CutPrefix(lines.Text(), "VmHWM:"); found {
			if _, err := fmt.Sscan(value, &kilobytes); err == nil {
				return kilobytes << 10
			}
		}
	}
	return 0
}

func median[T time.Duration | uint64](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
