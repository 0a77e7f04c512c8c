package money_test

import (
	"math"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

func TestSumsStopAtTheLargestPrice(t *testing.T) {
	const largest = money.PerHour(math.MaxInt64)
	for name, test := range map[string]struct{ got, want money.PerHour }{
		"a sum":               {money.PerHour(61).Plus(11), 72},
		"nothing added":       {money.PerHour(61).Plus(0), 61},
		"a sum that fits":     {(largest - 1).Plus(1), largest},
		"a sum too large":     {(largest - 1).Plus(2), largest},
		"a product":           {money.PerHour(61).Times(3), 183},
		"of no machine":       {money.PerHour(61).Times(0), 0},
		"of nothing":          {money.PerHour(0).Times(3), 0},
		"a product too large": {(largest / 2).Times(3), largest},
		"a product that fits": {(largest / 2).Times(2), largest - 1},
	} {
		if test.got != test.want {
			t.Errorf("%s: %d, want %d", name, test.got, test.want)
		}
	}
}
