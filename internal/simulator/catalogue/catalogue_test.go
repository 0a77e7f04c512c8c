package catalogue_test

import (
	"regexp"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
)

func TestPricesRiseFromDatacenterToDatacenter(t *testing.T) {
	want := []float64{16, 16.8, 18.4} // A-Advanced-2, sold everywhere
	for i, datacenter := range catalogue.Datacenters {
		plan, sold := datacenter.FindPlan("00000002-5a11-11f0-a000-000000000001")
		if !sold || plan.MonthlyUnits() != want[i] {
			t.Errorf("%s: price %v (sold %v), want %v", datacenter.Name, plan.MonthlyUnits(), sold, want[i])
		}
	}
}

func TestEachDatacenterLacksTwoPlans(t *testing.T) {
	for _, datacenter := range catalogue.Datacenters {
		if got := len(datacenter.Plans()); got != 8 {
			t.Errorf("%s sells %d plans, want 8", datacenter.Name, got)
		}
	}
}

func TestFirstDatacenterSellsSharedGeneralAndMemoryPlans(t *testing.T) {
	sold := map[string]bool{}
	for _, plan := range catalogue.Datacenters[0].Plans() {
		sold[plan.Category] = true
	}
	for _, category := range []string{"A", "G", "M"} {
		if !sold[category] {
			t.Errorf("no plan of category %s", category)
		}
	}
}

func TestHourlyPriceIsTheMonthlyPriceSpreadOver720Hours(t *testing.T) {
	plan, _ := catalogue.Datacenters[0].FindPlan("00000002-5a11-11f0-a000-000000000001")
	if got, want := plan.Hourly().String(), "$0.0222/h"; got != want {
		t.Errorf("hourly price %s, want %s", got, want)
	}
}

func TestIdentifiersAreUniqueVersion1UUIDs(t *testing.T) {
	version1 := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	check := func(identifier string) {
		t.Helper()
		if !version1.MatchString(identifier) || seen[identifier] {
			t.Errorf("identifier %s is malformed or not unique", identifier)
		}
		seen[identifier] = true
	}
	check(catalogue.Image.Identifier)
	for _, category := range catalogue.Categories {
		check(category.Identifier)
	}
	for _, datacenter := range catalogue.Datacenters {
		check(datacenter.Identifier)
	}
}
