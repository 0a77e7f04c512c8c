package tables

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Machine describes on what was measured, without a date or a name, so that two runs on the same machine differ in figures only.
func Machine() string {
	return fmt.Sprintf("%d cores (%s), %s/%s, %s", runtime.NumCPU(), processor(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// processor is its model where the system tells.
func processor() string {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if key, value, found := strings.Cut(lines.Text(), ":"); found && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
