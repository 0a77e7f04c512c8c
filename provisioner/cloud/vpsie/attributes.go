package vpsie

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// tagTexts writes tags as VPSie keeps them, as plain texts.
func tagTexts(tags map[string]string) []string {
	texts := make([]string, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		texts = append(texts, key+"="+tags[key])
	}
	return texts
}

// Machine implements cloud.Provider.
func (c *Client) Machine(ctx context.Context, id string) (cloud.Machine, error) {
	return cloud.Machine{}, fmt.Errorf("read machine %s: %w", id, cloud.ErrNotFound)
}

// Configure implements cloud.Provider.
func (c *Client) Configure(ctx context.Context, machine cloud.Machine, wanted cloud.Attributes) error {
	return nil
}
