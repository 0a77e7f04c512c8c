package managed

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

// Provider is a managed VPSie Kubernetes cluster as a cloud.Provider. Make one with New.
type Provider struct{ options Options }

var _ cloud.Provider = (*Provider)(nil)

// New checks the options and returns a Provider; it sends nothing. Its error lists every fault of the options.
func New(options Options) (*Provider, error) {
	options.setDefaults()
	if err := options.validate(); err != nil {
		return nil, fmt.Errorf("options of managed Kubernetes:\n%w", err)
	}
	return &Provider{options: options}, nil
}

// Capabilities implements cloud.Provider: there are none.
func (p *Provider) Capabilities() cloud.Capabilities { return cloud.Capabilities{} }

// Datacenters implements cloud.Provider.
func (p *Provider) Datacenters(ctx context.Context) ([]cloud.Datacenter, error) {
	return p.options.Client.Datacenters(ctx)
}

// Offerings implements cloud.Provider. The ID of an offering is the decimal identifier of a size.
func (p *Provider) Offerings(ctx context.Context, datacenterID string) ([]cloud.Offering, error) {
	return p.options.Client.WorkerSizes(ctx, datacenterID)
}

// Machine implements cloud.Provider. Only a worker that was ordered here is found.
func (p *Provider) Machine(ctx context.Context, id string) (cloud.Machine, error) {
	book, seen, err := p.look(ctx)
	if err != nil {
		return cloud.Machine{}, fmt.Errorf("read worker %s: %w", id, err)
	}
	if hostname, entry, found := book.owner(id); found {
		if machine, listed := entry.machine(hostname, seen); listed {
			return machine, nil
		}
	}
	return cloud.Machine{}, fmt.Errorf("read worker %s: %w", id, cloud.ErrNotFound)
}

// Machines implements cloud.Provider. Looking claims the worker that was ordered last, if it has shown up. StateEnding is never
// reported, so that a caller repeats a deletion until the worker is gone.
func (p *Provider) Machines(ctx context.Context, filter cloud.Filter) ([]cloud.Machine, error) {
	if filter.HostnamePrefix == "" {
		return nil, fmt.Errorf("list workers: host name prefix is empty, want the cluster's: %w", cloud.ErrInvalid)
	}
	book, seen, err := p.look(ctx)
	if err != nil {
		return nil, fmt.Errorf("list workers: %w", err)
	}
	if len(filter.Tags) > 0 {
		return nil, nil // workers have no tags
	}
	var found []cloud.Machine
	for hostname, entry := range book.Entries {
		if !strings.HasPrefix(hostname, strings.ToLower(filter.HostnamePrefix)) {
			continue
		}
		if machine, listed := entry.machine(hostname, seen); listed {
			found = append(found, machine)
		}
	}
	return found, nil
}

// machine is what an order has become; listed is false when there is nothing to show.
func (e Entry) machine(hostname string, seen sighting) (machine cloud.Machine, listed bool) {
	machine = cloud.Machine{Hostname: hostname, DatacenterID: e.DatacenterID, OfferingID: e.OfferingID, CreatedAt: e.Since, State: cloud.StatePending}
	if e.open() {
		return machine, true
	}
	worker, listed := seen.worker(e.MachineID)
	machine.State, machine.ID, machine.NodeName, machine.Addresses = cloud.StateRunning, e.MachineID, e.NodeName, worker.Addresses
	if !worker.CreatedAt.IsZero() {
		machine.CreatedAt = worker.CreatedAt
	}
	return machine, listed
}

// Configure implements cloud.Provider. Workers carry neither tags nor keys, so there is nothing to bring in line.
func (p *Provider) Configure(ctx context.Context, machine cloud.Machine, _ cloud.Attributes) error {
	if _, err := p.Machine(ctx, machine.ID); err != nil {
		return fmt.Errorf("configure %s: %w", machine.Hostname, err)
	}
	return nil
}

// look reads the book and the cluster, brings the book in line and records what has changed. What is not on record is not told.
func (p *Provider) look(ctx context.Context) (Book, sighting, error) {
	for range 3 {
		book, err := p.load(ctx)
		if err != nil {
			return Book{}, sighting{}, err
		}
		seen, err := p.see(ctx, book)
		if err != nil {
			return Book{}, sighting{}, err
		}
		notices, changed := book.settle(seen, p.options.AddTimeout)
		if !changed {
			return book, seen, nil
		}
		err = p.options.Ledger.Save(ctx, book)
		if errors.Is(err, ErrConflict) {
			continue // somebody else looked, ordered or deleted meanwhile
		}
		if err != nil {
			return Book{}, sighting{}, fmt.Errorf("%w: record what became of the orders: %w", cloud.ErrTransient, err)
		}
		for _, notice := range notices {
			p.options.Logger.Info("An order of a worker", "cluster", p.options.ClusterID, "outcome", notice)
		}
		return book, seen, nil
	}
	return Book{}, sighting{}, fmt.Errorf("%w: %w again and again", cloud.ErrTransient, ErrConflict)
}

func (p *Provider) load(ctx context.Context) (Book, error) {
	book, err := p.options.Ledger.Load(ctx)
	if err != nil {
		return Book{}, fmt.Errorf("%w: read the orders: %w", cloud.ErrTransient, err)
	}
	return book, nil
}

// see reads the cluster, the groups only when an order may be told from their growth.
func (p *Provider) see(ctx context.Context, book Book) (sighting, error) {
	var groups []vpsie.WorkerGroup
	var err error
	for _, entry := range book.Entries {
		if entry.State == StateAsked && groups == nil {
			if groups, err = p.options.Client.WorkerGroups(ctx, p.options.ClusterID); err != nil {
				return sighting{}, err
			}
		}
	}
	workers, err := p.options.Client.Workers(ctx, p.options.ClusterID)
	return sighting{groups: groups, workers: workers, at: time.Now()}, err
}
