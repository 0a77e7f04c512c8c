package managed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

// recordTimeout limits the withdrawal of an order, which outlives the context of its caller.
const recordTimeout = 10 * time.Second

// Create implements cloud.Provider. A second order of a host name whose worker was asked for is accepted and changes nothing.
// While another order is open the error is a *cloud.RateLimitError.
func (p *Provider) Create(ctx context.Context, request cloud.CreateRequest) error {
	request.Hostname = strings.ToLower(request.Hostname)
	if err := p.create(ctx, request); err != nil {
		return fmt.Errorf("create worker %s: %w", request.Hostname, err)
	}
	return nil
}

func (p *Provider) create(ctx context.Context, request cloud.CreateRequest) error {
	sizeID, err := check(request)
	if err != nil {
		return err
	}
	book, err := p.load(ctx)
	if err != nil {
		return p.unsent(err)
	}
	switch known, found := book.Entries[request.Hostname]; {
	case found && (known.open() || known.State == StateOwned && known.MissingSince.IsZero()):
		return nil
	case found:
		return fmt.Errorf("the host name was used before: %w", cloud.ErrInvalid)
	}
	entry, err := p.prepare(ctx, book, request, sizeID)
	if err != nil {
		return p.unsent(err)
	}
	if err := p.record(ctx, book, request.Hostname, entry); err != nil {
		return p.unsent(err)
	}
	err = p.options.Client.AddWorker(ctx, p.options.ClusterID, entry.GroupID)
	if err == nil || !cloud.Rejected(err) {
		return err
	}
	if errors.Is(err, cloud.ErrSoldOut) {
		err = fmt.Errorf("%w: %w", &cloud.SoldOutError{DatacenterID: request.DatacenterID, OfferingID: request.OfferingID}, err)
	}
	return p.withdraw(ctx, request.Hostname, err)
}

// check reads the size out of a request.
func check(request cloud.CreateRequest) (sizeID int64, err error) {
	if faults := validation.IsDNS1123Subdomain(request.Hostname); len(faults) > 0 || request.DatacenterID == "" {
		return 0, fmt.Errorf("host name %q, data centre %q: want a DNS name and a data centre: %w", request.Hostname, request.DatacenterID, cloud.ErrInvalid)
	}
	sizeID, err = strconv.ParseInt(request.OfferingID, 10, 64)
	if err != nil || sizeID < 1 {
		return 0, fmt.Errorf("offering %q: want the number of a size of managed Kubernetes: %w", request.OfferingID, cloud.ErrInvalid)
	}
	return sizeID, nil
}

// unsent makes an error say that nothing was asked for, so that the caller may come back.
func (p *Provider) unsent(err error) error {
	if cloud.Rejected(err) {
		return err
	}
	return fmt.Errorf("%w: %s", &cloud.UnavailableError{RetryAfter: p.options.PollInterval}, err.Error())
}

// busy is the refusal of what has to wait for another order or deletion.
func (p *Provider) busy(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), &cloud.RateLimitError{RetryAfter: p.options.PollInterval})
}

// prepare finds the group to order from and what the order will be told by. Nothing may be open that would blur it.
func (p *Provider) prepare(ctx context.Context, book Book, request cloud.CreateRequest, sizeID int64) (Entry, error) {
	for hostname, other := range book.Entries {
		if other.open() {
			return Entry{}, p.busy("cluster %s takes one order at a time and %s is awaited", p.options.ClusterID, hostname)
		}
	}
	group, counts, err := p.ensureGroup(ctx, sizeID)
	if err != nil {
		return Entry{}, err
	}
	if group.DatacenterID != "" && group.DatacenterID != request.DatacenterID {
		return Entry{}, fmt.Errorf("data centre %q: cluster %s stands in %q, name that in spec.datacenterID: %w",
			request.DatacenterID, p.options.ClusterID, group.DatacenterID, cloud.ErrInvalid)
	}
	workers, err := p.options.Client.Workers(ctx, p.options.ClusterID)
	if err != nil {
		return Entry{}, err
	}
	entry := Entry{
		State: StateAsked, OfferingID: request.OfferingID, DatacenterID: request.DatacenterID,
		GroupID: group.ID, GroupCounts: counts, Since: time.Now(), Before: []string{},
	}
	for _, worker := range workers {
		hostname, other, found := book.owner(worker.ID)
		if found && other.GroupID == group.ID && !other.DeletedAt.IsZero() {
			return Entry{}, p.busy("%s is being deleted from node group %d, which makes it unclear by how much the group grows", hostname, group.ID)
		}
		entry.Before = append(entry.Before, worker.ID)
	}
	return entry, nil
}

// ensureGroup finds the group of a size, whoever made it, or makes it, and tells the counts of all groups. VPSie refuses a second
// group of a size, in words that may change, so the list has the last word.
func (p *Provider) ensureGroup(ctx context.Context, sizeID int64) (vpsie.WorkerGroup, map[int64]int, error) {
	groups, err := p.options.Client.WorkerGroups(ctx, p.options.ClusterID)
	if err != nil {
		return vpsie.WorkerGroup{}, nil, err
	}
	var addErr error
	if !slices.ContainsFunc(groups, func(g vpsie.WorkerGroup) bool { return g.SizeID == sizeID }) {
		addErr = p.options.Client.AddWorkerGroup(ctx, p.options.ClusterID, p.options.GroupPrefix+strconv.FormatInt(sizeID, 10), sizeID)
		if groups, err = p.options.Client.WorkerGroups(ctx, p.options.ClusterID); err != nil {
			return vpsie.WorkerGroup{}, nil, errors.Join(addErr, err)
		}
	}
	counts := map[int64]int{}
	at := -1
	for i, group := range groups {
		counts[group.ID] = group.Workers
		if group.SizeID == sizeID {
			at = i
		}
	}
	switch {
	case at >= 0:
		return groups[at], counts, nil
	case addErr != nil:
		return vpsie.WorkerGroup{}, nil, addErr
	}
	return vpsie.WorkerGroup{}, nil, fmt.Errorf("%w: the node group of size %d is not listed yet", cloud.ErrTransient, sizeID)
}

// record writes the intent. Orders that were given up are forgotten: what comes from now on is not theirs to tell of.
func (p *Provider) record(ctx context.Context, book Book, hostname string, entry Entry) error {
	for other, given := range book.Entries {
		if given.State == StateLost {
			delete(book.Entries, other)
		}
	}
	book.Entries[hostname] = entry
	err := p.options.Ledger.Save(ctx, book)
	if errors.Is(err, ErrConflict) {
		return p.busy("another order or deletion came first")
	}
	return err
}

// withdraw takes back the record of an order that was refused for a cause. When that fails, nothing may be said to be proven:
// the order is open until its time is up.
func (p *Provider) withdraw(ctx context.Context, hostname string, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	var err error
	for range 3 {
		var book Book
		if book, err = p.options.Ledger.Load(ctx); err != nil {
			break
		}
		delete(book.Entries, hostname)
		if err = p.options.Ledger.Save(ctx, book); !errors.Is(err, ErrConflict) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("%w: the order was refused (%s), and its record could not be taken back: %w", cloud.ErrTransient, cause.Error(), err)
	}
	return cause
}
