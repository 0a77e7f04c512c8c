package main

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/provisioner"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// shop is where machines are bought, shared by the parts of a process: they are held to one limit of calls, and know the same prices.
type shop struct {
	meters   *telemetry.Metrics
	provider cloud.Provider
	market   *provisioner.Market
}

// shop makes the shop when it is first asked for.
func (p *process) shop() (*shop, error) {
	if p.opened != nil {
		return p.opened, nil
	}
	meters := telemetry.NewMetrics(metrics.Registry)
	provider, err := p.newProvider(meters)
	if err != nil {
		return nil, err
	}
	settings := p.settings.Controller
	p.opened = &shop{meters: meters, provider: provider, market: provisioner.NewMarket(provider, provisioner.MarketOptions{
		MemoryOverheadPercent: int64(settings.MemoryOverheadPercent), SoldOutTTL: settings.SoldOutTTL,
	})}
	return p.opened, nil
}

// offerings are what the planner could buy in a data centre.
func (s *shop) offerings(ctx context.Context, datacenterID string) ([]plan.Offering, error) {
	listings, err := s.market.Listings(ctx, datacenterID)
	if err != nil {
		return nil, err
	}
	offerings := make([]plan.Offering, len(listings))
	for i := range listings {
		offerings[i] = listings[i].Plan
	}
	return offerings, nil
}
