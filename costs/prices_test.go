package costs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/costs"
	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// list has the same offerings in two data centres, where they do not cost the same.
var list = costs.PriceList{
	{DatacenterID: "hel", OfferingID: "large", PerHour: 88},
	{DatacenterID: "ams", OfferingID: "small", PerHour: 12},
	{DatacenterID: "hel", OfferingID: "small", PerHour: 11},
	{DatacenterID: "hel", OfferingID: "other", PerHour: 44},
	{DatacenterID: "hel", OfferingID: "general", PerHour: 44},
}

func TestPriceOfAnOfferingIsThatOfItsDatacenter(t *testing.T) {
	for datacenter, want := range map[string]money.PerHour{"hel": 11, "ams": 12} {
		if got, err := list.Of(datacenter, "small"); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", datacenter, got, err, want)
		}
	}
	_, err := list.Of("ams", "large")
	if !errors.Is(err, costs.ErrUnknownPrice) || !strings.Contains(err.Error(), "large") || !strings.Contains(err.Error(), "ams") {
		t.Errorf("error %v, want one that names what is not sold where", err)
	}
}

func TestOfferingsSideBySide(t *testing.T) {
	tests := map[string]struct {
		datacenter string
		ids        []string
		prices     map[string]money.PerHour
		sorted     []string
		unknown    []string
	}{
		"those named": {
			"hel", []string{"large", "small"}, map[string]money.PerHour{"large": 88, "small": 11}, []string{"small", "large"}, nil,
		},
		"all that are sold, equal ones by ID": {
			"hel", nil, map[string]money.PerHour{"large": 88, "small": 11, "general": 44, "other": 44}, []string{"small", "general", "other", "large"}, nil,
		},
		"one is not sold there": {
			"ams", []string{"small", "zoo", "large", "zoo"}, map[string]money.PerHour{"small": 12}, []string{"small"}, []string{"large", "zoo"},
		},
		"nothing is sold there": {"mars", []string{"small"}, map[string]money.PerHour{}, nil, []string{"small"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := list.Compare(test.datacenter, test.ids)
			var sorted []string
			for _, price := range got.Sorted {
				if price.PerHour != got.Prices[price.OfferingID] || price.DatacenterID != test.datacenter {
					t.Errorf("sorted has %+v, the map %d", price, got.Prices[price.OfferingID])
				}
				sorted = append(sorted, price.OfferingID)
			}
			if diff := cmp.Diff([]any{test.prices, test.sorted, test.unknown}, []any{got.Prices, sorted, got.Unknown}); diff != "" {
				t.Errorf("comparison (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheapestOfThoseThatAreAllowed(t *testing.T) {
	for name, test := range map[string]struct {
		ids  []string
		want string
	}{
		"of all":             {nil, "small"},
		"of some":            {[]string{"large", "other"}, "other"},
		"of what is unknown": {[]string{"zoo"}, ""},
	} {
		got, ok := list.Cheapest("hel", test.ids)
		if got.OfferingID != test.want || ok != (test.want != "") {
			t.Errorf("%s: %+v, %t, want %q", name, got, ok, test.want)
		}
	}
}
