package catalogue

import "slices"

// listPrices are the plans at their price in the first data centre.
var listPrices = []Plan{
	{1, "00000001-5a11-11f0-a000-000000000001", "A-Starter-1", "A", 1, 2048, 40, 2000, 1000, 8_00},
	{2, "00000002-5a11-11f0-a000-000000000001", "A-Advanced-2", "A", 2, 4096, 80, 4000, 1000, 16_00},
	{3, "00000003-5a11-11f0-a000-000000000001", "A-Professional-4", "A", 4, 8192, 160, 5000, 1000, 32_00},
	{4, "00000004-5a11-11f0-a000-000000000001", "G-2", "G", 2, 8192, 100, 4000, 2000, 44_00},
	{5, "00000005-5a11-11f0-a000-000000000001", "G-4", "G", 4, 16384, 200, 5000, 2000, 88_00},
	{6, "00000006-5a11-11f0-a000-000000000001", "G-8", "G", 8, 32768, 400, 6000, 2000, 176_00},
	{7, "00000007-5a11-11f0-a000-000000000001", "C-4", "C", 4, 8192, 100, 5000, 2000, 72_00},
	{8, "00000008-5a11-11f0-a000-000000000001", "C-16", "C", 16, 32768, 400, 8000, 4000, 288_00},
	{9, "00000009-5a11-11f0-a000-000000000001", "M-4", "M", 4, 32768, 200, 5000, 2000, 128_00},
	{10, "0000000a-5a11-11f0-a000-000000000001", "M-16", "M", 16, 131072, 800, 8000, 4000, 512_00},
}

// FindDatacenter returns the data centre with the identifier, and false when there is none.
func FindDatacenter(identifier string) (Datacenter, bool) {
	at := slices.IndexFunc(Datacenters, func(d Datacenter) bool { return d.Identifier == identifier })
	if at < 0 {
		return Datacenter{}, false
	}
	return Datacenters[at], true
}

// FindCategory returns the category with the identifier, and false when there is none.
func FindCategory(identifier string) (Category, bool) {
	at := slices.IndexFunc(Categories, func(c Category) bool { return c.Identifier == identifier })
	if at < 0 {
		return Category{}, false
	}
	return Categories[at], true
}

// Plans lists what the data centre sells, at its own prices.
func (d Datacenter) Plans() []Plan {
	var plans []Plan
	for _, plan := range listPrices {
		if slices.Contains(d.notSold, plan.Nickname) {
			continue
		}
		// A list price is whole dollars, so the surcharge is always whole cents.
		plan.CentsMonthly = plan.CentsMonthly * (100 + d.surchargePercent) / 100
		plans = append(plans, plan)
	}
	return plans
}

// FindPlan returns the plan with the identifier as the data centre sells it, and false when it does not.
func (d Datacenter) FindPlan(identifier string) (Plan, bool) {
	plans := d.Plans()
	at := slices.IndexFunc(plans, func(p Plan) bool { return p.Identifier == identifier })
	if at < 0 {
		return Plan{}, false
	}
	return plans[at], true
}
