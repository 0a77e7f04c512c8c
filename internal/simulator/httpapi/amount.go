package httpapi

import "strconv"

// nanosPerCent is how many billionths of a dollar a cent has.
const nanosPerCent = 10_000_000

// amount writes billionths of a US dollar as dollars.
func amount(nanos int64) string {
	const nanosPerDollar, decimals = 1_000_000_000, 6
	return strconv.FormatFloat(float64(nanos)/nanosPerDollar, 'f', decimals, 64)
}
