package costs

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// ErrUnknownPrice is wrapped by the error about an offering that is on no price list.
var ErrUnknownPrice = errors.New("price is not known")

// Price is what an offering costs in a data centre.
type Price struct {
	DatacenterID, OfferingID string
	PerHour                  money.PerHour
}

// PriceList is what is sold now, in any order. The same offering may have another price in another data centre.
type PriceList []Price

// Of is the price of an offering. One that is not sold in the data centre is ErrUnknownPrice.
func (l PriceList) Of(datacenterID, offeringID string) (money.PerHour, error) {
	for _, price := range l {
		if price.DatacenterID == datacenterID && price.OfferingID == offeringID {
			return price.PerHour, nil
		}
	}
	return 0, fmt.Errorf("offering %q in data centre %q: %w: it is not sold there", offeringID, datacenterID, ErrUnknownPrice)
}

// Cheapest is the price of the cheapest of the offerings in a data centre, or of all that are sold there when none is named. ok is
// false when none of them is sold.
func (l PriceList) Cheapest(datacenterID string, offeringIDs []string) (cheapest Price, ok bool) {
	sorted := l.Compare(datacenterID, offeringIDs).Sorted
	if len(sorted) == 0 {
		return Price{}, false
	}
	return sorted[0], true
}

// Comparison sets offerings of one data centre side by side.
type Comparison struct {
	// Prices are those that are known, by the ID of the offering.
	Prices map[string]money.PerHour
	// Sorted are the same, the cheapest first, and by ID where prices are equal.
	Sorted []Price
	// Unknown are the offerings asked about that are not sold there, in order.
	Unknown []string
}

// Compare compares the offerings named in a data centre, or all that are sold there when none is named.
func (l PriceList) Compare(datacenterID string, offeringIDs []string) Comparison {
	c := Comparison{Prices: map[string]money.PerHour{}}
	for _, price := range l {
		wanted := len(offeringIDs) == 0 || slices.Contains(offeringIDs, price.OfferingID)
		if _, known := c.Prices[price.OfferingID]; wanted && !known && price.DatacenterID == datacenterID {
			c.Prices[price.OfferingID] = price.PerHour
			c.Sorted = append(c.Sorted, price)
		}
	}
	slices.SortFunc(c.Sorted, func(a, b Price) int {
		return cmp.Or(cmp.Compare(a.PerHour, b.PerHour), cmp.Compare(a.OfferingID, b.OfferingID))
	})
	for _, id := range offeringIDs {
		if _, known := c.Prices[id]; !known && !slices.Contains(c.Unknown, id) {
			c.Unknown = append(c.Unknown, id)
		}
	}
	slices.Sort(c.Unknown)
	return c
}
