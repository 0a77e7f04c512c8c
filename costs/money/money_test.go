package money_test

import (
	"math"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

func TestPriceFromUnitsIsExactToABillionth(t *testing.T) {
	tests := map[string]struct {
		units float64
		want  money.PerMonth
	}{
		"nothing":                    {0, 0},
		"whole dollars":              {44, 44_000_000_000},
		"a fraction binary has not":  {0.1, 100_000_000},
		"rounded to the nearest":     {0.0000000016, 2},
		"the largest price there is": {9_223_372_036, 9_223_372_036_000_000_000},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := money.MonthlyFromUnits(test.units)
			if err != nil || got != test.want {
				t.Errorf("MonthlyFromUnits(%v) = %d, %v; want %d", test.units, got, err, test.want)
			}
			hourly, err := money.HourlyFromUnits(test.units)
			if err != nil || int64(hourly) != int64(test.want) {
				t.Errorf("HourlyFromUnits(%v) = %d, %v; want %d", test.units, hourly, err, test.want)
			}
		})
	}
}

func TestImpossiblePricesAreErrors(t *testing.T) {
	for _, units := range []float64{-0.01, math.NaN(), math.Inf(1), math.Inf(-1), 9_223_372_037, 1e300} {
		if got, err := money.MonthlyFromUnits(units); err == nil {
			t.Errorf("MonthlyFromUnits(%v) = %d, want an error", units, got)
		}
		if got, err := money.HourlyFromUnits(units); err == nil {
			t.Errorf("HourlyFromUnits(%v) = %d, want an error", units, got)
		}
	}
}

func TestMonthlyPriceSpreadsOverTheHoursOfAMonth(t *testing.T) {
	tests := map[string]struct {
		month money.PerMonth
		hours int64
		want  money.PerHour
	}{
		"VPSie's month":      {44_000_000_000, money.HoursPerMonth, 61_111_111},
		"an average month":   {44_000_000_000, 730, 60_273_973},
		"half is rounded up": {3, 2, 2},
		"below half is cut":  {4, 3, 1},
		"nothing":            {0, money.HoursPerMonth, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.month.Hourly(test.hours); got != test.want {
				t.Errorf("Hourly(%d) of %d = %d, want %d", test.hours, test.month, got, test.want)
			}
		})
	}
}

func TestPriceReadsAsDollarsAnHour(t *testing.T) {
	for price, want := range map[money.PerHour]string{0: "$0.0000/h", 61_111_111: "$0.0611/h", 1_250_000_000: "$1.2500/h"} {
		if got := price.String(); got != want {
			t.Errorf("%d reads %q, want %q", price, got, want)
		}
	}
}
