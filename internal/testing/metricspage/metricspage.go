// Package metricspage reads what a process shows on /metrics.
package metricspage

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Sum adds up all series of a name that have every one of the given labels, written as `result="scheduled"`. It is 0 when there are
// none, as is a counter that never counted.
func Sum(page []byte, name string, labels ...string) (float64, error) {
	sum := 0.0
	for lines := bufio.NewScanner(bytes.NewReader(page)); lines.Scan(); {
		line := lines.Text()
		series, value, found := strings.Cut(line, " ")
		if end := strings.LastIndex(line, "} "); end >= 0 {
			series, value, found = line[:end+1], line[end+2:], true
		}
		if base, _, _ := strings.Cut(series, "{"); !found || base != name || !hasAll(series, labels) {
			continue
		}
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, fmt.Errorf("metric %s: %w", line, err)
		}
		sum += number
	}
	return sum, nil
}

func hasAll(series string, labels []string) bool {
	for _, label := range labels {
		if !strings.Contains(series, label) {
			return false
		}
	}
	return true
}
