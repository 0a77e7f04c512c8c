package report

import (
	"fmt"
	"io"
	"time"

	"github.com/vpsie/vpsie-autoscaler/test/scheduling/latency"
	"github.com/vpsie/vpsie-autoscaler/test/tables"
)

// latencyBars are what the extender's 99 % are held to, by the number of names. No peer has published or measured figures.
var latencyBars = map[int]time.Duration{500: time.Millisecond, 1000: 2 * time.Millisecond, 5000: 6 * time.Millisecond}

// Latency writes a table of requests that came at some pace.
func Latency(w io.Writer, rows []latency.Row) {
	fmt.Fprintln(w, "| names | requests a second | CPU p50 | CPU p99 | server p50 | server p99 | bar for it | caller p50 | caller p99 |")
	fmt.Fprintln(w, "|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
	for _, row := range rows {
		fmt.Fprintf(w, "| %d | %.0f | %s | %s | %s | %s | %s | %s | %s |\n", row.Names, float64(len(row.Client))/row.Elapsed.Seconds(),
			quantile(row.CPU, 50), quantile(row.CPU, 99), quantile(row.Server, 50), quantile(row.Server, 99), bar(row.Names), quantile(row.Client, 50), quantile(row.Client, 99))
	}
}

func bar(names int) string {
	if bar, found := latencyBars[names]; found {
		return tables.Brief(bar)
	}
	return "-"
}

// quantile is of nothing a dash.
func quantile(durations []time.Duration, percent int) string {
	if len(durations) == 0 {
		return "-"
	}
	return tables.Brief(tables.Quantile(durations, percent))
}
