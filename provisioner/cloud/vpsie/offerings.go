package vpsie

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// arch is that of every VPSie plan; the API does not tell.
const arch = "amd64"

// parallelCategories is how many plan categories are asked about at once.
const parallelCategories = 3

// fetchOfferings asks VPSie for the plans of a data centre, category by category.
func (c *Client) fetchOfferings(ctx context.Context, datacenterID string) ([]cloud.Offering, error) {
	categories, err := list[categoryRecord](ctx, c, call{name: "ListPlanCategories", path: "/api/v2/plans/category"})
	if err != nil {
		return nil, fmt.Errorf("list plan categories: %w", err)
	}
	plans := make([][]planRecord, len(categories))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(parallelCategories)
	for i, category := range categories {
		group.Go(func() (err error) {
			plans[i], err = c.plans(groupCtx, datacenterID, string(category.Identifier))
			if err != nil {
				return fmt.Errorf("list plans of category %s in data centre %s: %w", category.Name, datacenterID, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	offerings := c.sellable(datacenterID, slices.Concat(plans...))
	if len(offerings) == 0 {
		return nil, c.checkDatacenter(ctx, datacenterID)
	}
	return offerings, nil
}

// plans lists one category. The call is a query although it is a POST, so it may be repeated.
func (c *Client) plans(ctx context.Context, datacenterID, categoryID string) ([]planRecord, error) {
	answer, err := c.read(ctx, call{
		name: "ListPlans", method: http.MethodPost, path: "/apps/v2/resources",
		form: url.Values{
			"dcIdentifier": {datacenterID}, "osIdentifier": {c.options.ImageID}, "planCatIdentifier": {categoryID},
			"name": {"query"}, "description": {"query"}, "isCustom": {"0"},
		},
	})
	if err != nil || answer.absent() {
		return nil, err
	}
	var found []planRecord
	return found, answer.decode(&found)
}

// sellable turns plans into offerings. A plan that lacks a figure is left out: without its price it would look free.
func (c *Client) sellable(datacenterID string, plans []planRecord) []cloud.Offering {
	var offerings []cloud.Offering
	seen := map[text]bool{}
	for _, plan := range plans {
		if seen[plan.Identifier] {
			continue
		}
		seen[plan.Identifier] = true
		offering, err := plan.offering(c.options.HoursPerMonth)
		if err != nil {
			c.options.Logger.Info("Left out a plan", "datacenter", datacenterID, "plan", plan.Identifier, "reason", err.Error())
			continue
		}
		offering.DatacenterID = datacenterID
		offerings = append(offerings, offering)
	}
	return offerings
}

func (p planRecord) offering(hoursPerMonth int64) (cloud.Offering, error) {
	if p.Identifier == "" {
		return cloud.Offering{}, errors.New("no identifier")
	}
	for name, figure := range map[string]number{"cpu": p.CPU, "ram": p.RAM, "ssd": p.SSD, "price": p.Price} {
		if !(figure.value > 0 && figure.value < math.MaxInt32) {
			return cloud.Offering{}, fmt.Errorf("%s is %v, want a positive number", name, figure.value)
		}
	}
	monthly, err := money.MonthlyFromUnits(p.Price.value)
	if err != nil {
		return cloud.Offering{}, err
	}
	return cloud.Offering{
		ID: string(p.Identifier), Name: string(p.Nickname), Arch: arch,
		Capacity: corev1.ResourceList{
			corev1.ResourceCPU:              *resource.NewMilliQuantity(int64(p.CPU.value*1000), resource.DecimalSI),
			corev1.ResourceMemory:           *resource.NewQuantity(int64(p.RAM.value)<<20, resource.BinarySI),
			corev1.ResourceEphemeralStorage: *resource.NewQuantity(int64(p.SSD.value)*1e9, resource.DecimalSI),
		},
		Price: monthly.Hourly(hoursPerMonth),
	}, nil
}

// checkDatacenter is ErrNotFound for a data centre that does not exist or is closed: VPSie answers a question about its plans
// with an empty list.
func (c *Client) checkDatacenter(ctx context.Context, id string) error {
	datacenters, err := c.Datacenters(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(datacenters, func(d cloud.Datacenter) bool { return d.ID == id }) {
		return fmt.Errorf("data centre %q: %w", id, cloud.ErrNotFound)
	}
	return nil
}
