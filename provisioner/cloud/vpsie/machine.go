package vpsie

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// parallelLookups is how many machines are read at once.
const parallelLookups = 4

// Machine implements cloud.Provider.
func (c *Client) Machine(ctx context.Context, id string) (cloud.Machine, error) {
	details, err := c.details(ctx, id)
	if err != nil {
		return cloud.Machine{}, fmt.Errorf("read machine %s: %w", id, err)
	}
	return details.machine(), nil
}

// details reads one machine; one that is gone is cloud.ErrNotFound.
func (c *Client) details(ctx context.Context, id string) (machineDetails, error) {
	var details machineDetails
	if id == "" {
		return details, fmt.Errorf("it has no ID: %w", cloud.ErrNotFound)
	}
	answer, err := c.read(ctx, call{name: "GetMachine", path: c.options.VMPath + "/" + url.PathEscape(id)})
	if err != nil {
		return details, err
	}
	if answer.noObject() {
		return details, cloud.ErrNotFound
	}
	if err := answer.decode(&details); err != nil {
		return details, err
	}
	switch {
	case details.VM.gone():
		return details, cloud.ErrNotFound
	case string(details.VM.Identifier) != id:
		return details, fmt.Errorf("%w: the answer is about machine %q", cloud.ErrTransient, string(details.VM.Identifier))
	}
	return details, nil
}

func (d machineDetails) machine() cloud.Machine {
	found := d.VM.machine()
	if d.Tags.known {
		found.Tags = d.Tags.pairs()
	}
	return found
}

// withTags keeps the machines that carry all the tags. A machine whose tags the list does not tell is read; when that fails, be it
// because the machine is not found, the whole list is in doubt.
func (c *Client) withTags(ctx context.Context, machines []cloud.Machine, wanted map[string]string) ([]cloud.Machine, error) {
	lookups, lookupCtx := errgroup.WithContext(ctx)
	lookups.SetLimit(parallelLookups)
	for i, machine := range machines {
		if machine.ID == "" || machine.Tags != nil {
			continue
		}
		lookups.Go(func() error {
			details, err := c.details(lookupCtx, machine.ID)
			if err == nil && !details.Tags.known {
				err = fmt.Errorf("%w: VPSie does not tell them", cloud.ErrTransient)
			}
			if err != nil {
				return fmt.Errorf("read the tags of %s: %w", machine.Hostname, doubtful(err))
			}
			machines[i].Tags = details.Tags.pairs()
			return nil
		})
	}
	if err := lookups.Wait(); err != nil {
		return nil, err
	}
	var found []cloud.Machine
	for _, machine := range machines {
		if machine.ID != "" && carries(machine.Tags, wanted) {
			found = append(found, machine)
		}
	}
	return found, nil
}

// carries reports whether all wanted tags are among the present ones.
func carries(present, wanted map[string]string) bool {
	for key, value := range wanted {
		if got, ok := present[key]; !ok || got != value {
			return false
		}
	}
	return true
}

// doubtful turns "not found" about a machine that is listed into an error about the list.
func doubtful(err error) error {
	if isNotFound(err) {
		return fmt.Errorf("%w: it is listed and cannot be read", cloud.ErrTransient)
	}
	return err
}

// createdAt reads a date of VPSie; what cannot be read is not known.
func createdAt(date text) time.Time {
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(string(date)))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}
