package lifecycle

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Inventory shares one list of the cluster's machines between all reconciles, so that a hundred machines on their way cost no
// more calls than one, and an hour in which the cloud does not answer no more waiting than one caller's.
type Inventory struct {
	provider cloud.Provider
	prefix   string

	mu       sync.Mutex
	asOf     time.Time // when the list was asked for; zero before the first
	machines map[string][]cloud.Machine
	failedAt time.Time // when the last call that failed was made; zero when none did
	failure  error
}

// NewInventory makes an inventory of the machines whose host names start with prefix.
func NewInventory(provider cloud.Provider, prefix string) *Inventory {
	return &Inventory{provider: provider, prefix: strings.ToLower(prefix)}
}

// Covers reports whether a machine of this host name would be in the inventory. Nothing can be said about any other machine.
func (i *Inventory) Covers(hostname string) bool {
	return strings.HasPrefix(strings.ToLower(hostname), i.prefix)
}

// Lookup returns the machines with a host name, from a list that was asked for at notBefore or later, and when that was. An error
// as young as that is returned too, without another call. Callers that come while a list is on its way wait for it and share it.
func (i *Inventory) Lookup(ctx context.Context, hostname string, notBefore time.Time) (machines []cloud.Machine, asOf time.Time, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.asOf.IsZero() || i.asOf.Before(notBefore) {
		if err := i.refresh(ctx, notBefore); err != nil {
			return nil, time.Time{}, err
		}
	}
	return i.machines[strings.ToLower(hostname)], i.asOf, nil
}

// refresh asks for a list. The caller holds i.mu.
func (i *Inventory) refresh(ctx context.Context, notBefore time.Time) error {
	if i.failure != nil && !i.failedAt.Before(notBefore) {
		return i.failure
	}
	asOf := time.Now()
	list, err := i.provider.Machines(ctx, cloud.Filter{HostnamePrefix: i.prefix})
	if err != nil {
		i.failedAt, i.failure = asOf, err
		return err
	}
	i.asOf, i.failure, i.machines = asOf, nil, map[string][]cloud.Machine{}
	for _, machine := range list {
		name := strings.ToLower(machine.Hostname)
		i.machines[name] = append(i.machines[name], machine)
	}
	return nil
}
