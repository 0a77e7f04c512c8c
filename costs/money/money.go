// Package money holds amounts of money as integers together with the period they are paid for, so that an hourly price can
// never be added to a monthly one and no sum drifts the way floating point does.
package money

import (
	"fmt"
	"math"
)

// HoursPerMonth is VPSie's billing month: machines are billed by the hour and a month counts as 720 hours.
const HoursPerMonth = 720

// nanosPerUnit is the number of stored units in one unit of currency.
const nanosPerUnit = 1_000_000_000

// PerHour is a price per hour in billionths of the account's currency (VPSie quotes US dollars).
// The zero value is a price of nothing. Its range is about 9.2 billion dollars an hour.
type PerHour int64

// PerMonth is a price per billing month in billionths of the account's currency.
type PerMonth int64

// MonthlyFromUnits converts a price per month in whole currency units, as the VPSie API quotes it, rounded to a billionth.
// It reports an error for a negative price, for one that is not a number, and for one too large to hold.
func MonthlyFromUnits(units float64) (PerMonth, error) {
	nanos, err := fromUnits(units)
	return PerMonth(nanos), err
}

// HourlyFromUnits converts a price per hour in whole currency units, rounded to a billionth. Errors are those of MonthlyFromUnits.
func HourlyFromUnits(units float64) (PerHour, error) {
	nanos, err := fromUnits(units)
	return PerHour(nanos), err
}

func fromUnits(units float64) (int64, error) {
	if math.IsNaN(units) || units < 0 || units > math.MaxInt64/nanosPerUnit {
		return 0, fmt.Errorf("price %v: want a number from 0 to %d", units, int64(math.MaxInt64/nanosPerUnit))
	}
	return int64(math.Round(units * nanosPerUnit)), nil
}

// Hourly spreads a monthly price over a month of the given number of hours, rounding half up to a billionth.
// hoursPerMonth must be positive; the usual value is HoursPerMonth.
func (m PerMonth) Hourly(hoursPerMonth int64) PerHour {
	return PerHour((int64(m) + hoursPerMonth/2) / hoursPerMonth)
}

// Units is the price per hour in whole currency units, for display and for JSON that people read. Never calculate with it.
func (p PerHour) Units() float64 { return float64(p) / nanosPerUnit }

// String prints the price with four decimals, for example "$0.0611/h".
func (p PerHour) String() string { return fmt.Sprintf("$%.4f/h", p.Units()) }
