package vpsie

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

const (
	// freshFor is how long a list of offerings is used without asking again.
	freshFor = 5 * time.Minute
	// usableFor is how long a list of offerings stands in for the answer of a cloud that does not answer.
	usableFor = time.Hour
	// refreshTimeout limits a refresh, which outlives the context of whoever started it.
	refreshTimeout = 2 * time.Minute
)

// offeringCache keeps the offerings of each data centre, and lets one refresh serve everybody who waits for it.
type offeringCache struct {
	refresh *singleflight.Group

	mu    sync.Mutex
	lists map[string]datedOfferings
}

type datedOfferings struct {
	offerings []cloud.Offering
	at        time.Time
}

func newOfferingCache() offeringCache {
	return offeringCache{refresh: &singleflight.Group{}, lists: map[string]datedOfferings{}}
}

// get returns a copy of a list that is not older than maxAge.
func (c *offeringCache) get(datacenterID string, maxAge time.Duration) ([]cloud.Offering, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept, ok := c.lists[datacenterID]
	if !ok || time.Since(kept.at) >= maxAge {
		return nil, false
	}
	offerings := make([]cloud.Offering, len(kept.offerings))
	for i, offering := range kept.offerings {
		offering.Capacity = offering.Capacity.DeepCopy()
		offerings[i] = offering
	}
	return offerings, true
}

func (c *offeringCache) put(datacenterID string, offerings []cloud.Offering) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lists[datacenterID] = datedOfferings{offerings: offerings, at: time.Now()}
}

// Offerings implements cloud.Provider. The list is at most five minutes old, or up to an hour while VPSie is unavailable or
// limits our calls. Any other error, refused credentials above all, is never papered over with an old list.
func (c *Client) Offerings(ctx context.Context, datacenterID string) ([]cloud.Offering, error) {
	if offerings, ok := c.offerings.get(datacenterID, freshFor); ok {
		return offerings, nil
	}
	err := c.refreshOfferings(ctx, datacenterID)
	if err == nil {
		offerings, _ := c.offerings.get(datacenterID, usableFor)
		return offerings, nil
	}
	if errors.Is(err, cloud.ErrTransient) || errors.Is(err, cloud.ErrRateLimited) || errors.Is(err, cloud.ErrUnavailable) {
		if offerings, ok := c.offerings.get(datacenterID, usableFor); ok {
			c.options.Logger.Info("Using an old list of offerings", "datacenter", datacenterID, "reason", err.Error())
			return offerings, nil
		}
	}
	return nil, fmt.Errorf("list offerings: %w", err)
}

// refreshOfferings renews a list, or waits for the renewal that is under way.
func (c *Client) refreshOfferings(ctx context.Context, datacenterID string) error {
	done := c.offerings.refresh.DoChan(datacenterID, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTimeout)
		defer cancel()
		offerings, err := c.fetchOfferings(ctx, datacenterID)
		if err == nil {
			c.offerings.put(datacenterID, offerings)
		}
		return nil, err
	})
	select {
	case result := <-done:
		return result.Err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", cloud.ErrTransient, context.Cause(ctx))
	}
}
