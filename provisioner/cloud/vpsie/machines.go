package vpsie

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Capabilities implements cloud.Provider.
func (c *Client) Capabilities() cloud.Capabilities {
	return sets.New(cloud.CapabilityUserData, cloud.CapabilityImage, cloud.CapabilityTags, cloud.CapabilitySSHKeys)
}

// Machines implements cloud.Provider. An empty prefix is refused: it would claim the machines of everybody in the account.
//
// StateEnding is never reported, as no field of the API tells a deletion from another task on the machine. A machine that is
// suspended is running: suspension comes from the account's bills, and a new machine would not cure it. VPSie does not tell
// the plan of a machine that is built, so OfferingID is set only while it is pending. Tags are in the list only if VPSie puts them
// there; a filter by tags otherwise reads each machine of the prefix.
//
// With ViaScript, listing also deletes the scripts that no machine needs any more.
func (c *Client) Machines(ctx context.Context, filter cloud.Filter) ([]cloud.Machine, error) {
	if filter.HostnamePrefix == "" {
		return nil, fmt.Errorf("list machines: host name prefix is empty, want the cluster's: %w", cloud.ErrInvalid)
	}
	// The queue is read first: a machine that is built in between is then found in the list, not in neither.
	queued, err := list[pendingRecord](ctx, c, call{name: "ListPendingMachines", path: "/apps/v2/vm/pending"})
	if err != nil {
		return nil, fmt.Errorf("list pending machines: %w", err)
	}
	listed, err := list[vmRecord](ctx, c, call{name: "ListMachines", path: c.options.VMPath})
	if err != nil {
		return nil, fmt.Errorf("list machines: %w", err)
	}
	prefix := strings.ToLower(filter.HostnamePrefix)
	found, err := merge(prefix, listed, queued)
	if err != nil {
		return nil, err
	}
	if c.options.UserDataVia == ViaScript {
		c.sweepScripts(ctx, prefix, found)
	}
	if len(filter.Tags) == 0 {
		return found, nil
	}
	if found, err = c.withTags(ctx, found, filter.Tags); err != nil {
		return nil, fmt.Errorf("list machines by tags: %w", err)
	}
	return found, nil
}

// merge makes the machines of one cluster out of the two lists. A host name in both is a machine that has been built.
func merge(prefix string, listed []vmRecord, queued []pendingRecord) ([]cloud.Machine, error) {
	var found []cloud.Machine
	built := map[string]bool{}
	for _, row := range listed {
		hostname := strings.ToLower(string(row.Hostname))
		if !strings.HasPrefix(hostname, prefix) {
			continue
		}
		if row.gone() {
			continue
		}
		built[hostname] = true
		if row.Identifier == "" {
			return nil, fmt.Errorf("list machines: %w: %s is listed without identifier", cloud.ErrTransient, hostname)
		}
		found = append(found, row.machine())
	}
	for _, row := range queued {
		hostname := strings.ToLower(string(row.Data.Hostname))
		if strings.HasPrefix(hostname, prefix) && !built[hostname] {
			found = append(found, cloud.Machine{
				Hostname: hostname, DatacenterID: string(row.Data.DatacenterID), OfferingID: string(row.Data.PlanID),
				State: cloud.StatePending,
			})
		}
	}
	return found, nil
}

// gone reports whether the row is the memory of a machine that no longer exists.
func (r vmRecord) gone() bool {
	return r.IsDeleted.yes() || r.IsTerminated.yes() || r.DroppedOn != ""
}

// machine is the row as the port has it.
func (r vmRecord) machine() cloud.Machine {
	state := cloud.StateRunning
	// A row without the flag proves nothing, and a machine called broken gets replaced.
	if r.IsActive.set && r.IsActive.value != 1 {
		state = cloud.StateBroken
	}
	var addresses []string
	for _, candidate := range []text{r.DefaultIP, r.PublicIP, r.PrivateIP, r.DefaultIPv6} {
		if _, err := netip.ParseAddr(string(candidate)); err == nil && !slices.Contains(addresses, string(candidate)) {
			addresses = append(addresses, string(candidate))
		}
	}
	return cloud.Machine{
		ID: string(r.Identifier), Hostname: strings.ToLower(string(r.Hostname)), DatacenterID: string(r.DatacenterID),
		State: state, Addresses: addresses, Tags: r.Tags.pairs(), CreatedAt: createdAt(r.CreatedOn),
	}
}
