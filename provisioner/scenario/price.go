package scenario

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// price is a price per hour, written as a number or as a string with one. It is read as the decimal number that it is, without
// a detour through binary fractions, and rounded half up to a billionth.
type price struct {
	hourly money.PerHour
	given  bool
}

// UnmarshalJSON reads a number of currency units.
func (p *price) UnmarshalJSON(raw []byte) error {
	digits := strings.Trim(string(raw), `"`)
	if !json.Valid([]byte(digits)) || !strings.ContainsAny(digits[:1], "-0123456789") {
		return errors.New("want a price as a decimal number, such as 0.0145")
	}
	units, err := strconv.ParseFloat(digits, 64)
	if err == nil {
		_, err = money.HourlyFromUnits(units) // knows what a price can be
	}
	if err != nil || strings.HasPrefix(digits, "-") && units != 0 {
		return fmt.Errorf("want a price from 0 to %d", int64(maxUnits))
	}
	if units < 1e-12 { // its exponent may be too large to calculate with
		p.hourly, p.given = 0, true
		return nil
	}
	exact, ok := new(big.Rat).SetString(digits)
	if !ok {
		return errors.New("want a price as a decimal number, such as 0.0145")
	}
	p.hourly, p.given = roundHalfUp(exact.Mul(exact, big.NewRat(nanosPerUnit, 1))), true
	return nil
}

const (
	nanosPerUnit = 1_000_000_000
	maxUnits     = 9_223_372_036
)

func roundHalfUp(nanos *big.Rat) money.PerHour {
	twice := new(big.Int).Mul(nanos.Num(), big.NewInt(2))
	twice.Add(twice, nanos.Denom())
	return money.PerHour(twice.Quo(twice, new(big.Int).Mul(nanos.Denom(), big.NewInt(2))).Int64())
}
