package cloud

import (
	"math"
	"strconv"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
)

// Plans lists what a data centre sells, at the prices of this hour.
func (c *Cloud) Plans(at catalogue.Datacenter) []catalogue.Plan {
	plans, now := at.Plans(), time.Now()
	for i := range plans {
		plans[i] = c.priced(plans[i], at, now)
	}
	return plans
}

// priced is a plan at the price of an hour. Every hour after the first has, for each plan and data centre, a factor of its own
// that the seed decides, so a price strays from the list price but never far.
func (c *Cloud) priced(plan catalogue.Plan, at catalogue.Datacenter, now time.Time) catalogue.Plan {
	hour := int64(now.Sub(c.opened) / time.Hour)
	if c.options.PriceDrift <= 0 || hour == 0 {
		return plan
	}
	random := c.randomFor("price", at.Identifier, plan.Identifier, strconv.FormatInt(hour, 10))
	factor := 1 + c.options.PriceDrift*(2*random.Float64()-1)
	plan.CentsMonthly = max(1, int64(math.Round(float64(plan.CentsMonthly)*factor)))
	return plan
}
