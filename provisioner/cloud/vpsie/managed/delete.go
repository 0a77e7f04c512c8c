package managed

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Delete implements cloud.Provider. A worker that is listed and was not ordered here is never deleted. While an order of the same
// group is open the error is a *cloud.RateLimitError.
func (p *Provider) Delete(ctx context.Context, machine cloud.Machine) error {
	if machine.ID == "" {
		return fmt.Errorf("delete worker %s: it has no ID, wait until it is built: %w", machine.Hostname, cloud.ErrInvalid)
	}
	if err := p.delete(ctx, machine); err != nil {
		return fmt.Errorf("delete worker %s (%s): %w", machine.Hostname, machine.ID, err)
	}
	return nil
}

func (p *Provider) delete(ctx context.Context, machine cloud.Machine) error {
	book, err := p.load(ctx)
	if err != nil {
		return err
	}
	hostname, entry, found := book.owner(machine.ID)
	if !found || machine.Hostname != "" && hostname != strings.ToLower(machine.Hostname) {
		return p.refuseListed(ctx, machine)
	}
	for other, open := range book.Entries {
		if open.State == StateAsked && open.GroupID == entry.GroupID {
			return p.busy("%s is awaited in the same node group", other)
		}
	}
	if entry.DeletedAt.IsZero() {
		entry.DeletedAt = time.Now()
		book.Entries[hostname] = entry
		if err := p.options.Ledger.Save(ctx, book); errors.Is(err, ErrConflict) {
			return p.busy("another order or deletion came first")
		} else if err != nil {
			return fmt.Errorf("%w: record the deletion: %w", cloud.ErrTransient, err)
		}
	}
	return p.options.Client.DeleteWorker(ctx, p.options.ClusterID, machine.ID)
}

// refuseListed is the answer about a worker that is not known to be ours: an error unless it does not exist.
func (p *Provider) refuseListed(ctx context.Context, machine cloud.Machine) error {
	workers, err := p.options.Client.Workers(ctx, p.options.ClusterID)
	if err != nil {
		return err
	}
	if _, listed := (sighting{workers: workers}).worker(machine.ID); listed {
		return fmt.Errorf("the worker was not ordered under this host name, so it is not ours to delete: %w", cloud.ErrInvalid)
	}
	return nil
}
