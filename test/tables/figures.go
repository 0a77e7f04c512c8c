package tables

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Brief shows a duration with three digits at most.
func Brief(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	default:
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
}

// Quantile is the least of the values that percent of them do not exceed, of nothing the zero value. The values may come in any
// order and stay as they are.
func Quantile[T cmp.Ordered](values []T, percent int) T {
	var none T
	if len(values) == 0 {
		return none
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := (len(sorted)*percent + 99) / 100 // of the values counted from one, rounded up
	return sorted[min(max(rank, 1), len(sorted))-1]
}
