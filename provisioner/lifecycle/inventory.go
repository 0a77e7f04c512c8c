package lifecycle

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Inventory shares one list of the cluster's machines between all reconciles, so that a hundred machines on their way cost no
// more calls than one.
type Inventory struct {
	provider cloud.Provider
	prefix   string

	mu       sync.Mutex
	asOf     time.Time // when the list was asked for
	machines map[string][]cloud.Machine
}

// NewInventory makes an inventory of the machines whose host names start with prefix.
func NewInventory(provider cloud.Provider, prefix string) *Inventory {
	return &Inventory{provider: provider, prefix: strings.ToLower(prefix)}
}

// Covers reports whether a machine of this host name would be in the inventory. Nothing can be said about any other machine.
func (i *Inventory) Covers(hostname string) bool {
	return strings.HasPrefix(strings.ToLower(hostname), i.prefix)
}

// Lookup returns the machines with a host name, from a list that was asked for at notBefore or later. Callers that come while
// a list is on its way wait for it and share it.
func (i *Inventory) Lookup(ctx context.Context, hostname string, notBefore time.Time) ([]cloud.Machine, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.machines == nil || i.asOf.Before(notBefore) {
		asOf := time.Now()
		list, err := i.provider.Machines(ctx, cloud.Filter{HostnamePrefix: i.prefix})
		if err != nil {
			return nil, err
		}
		i.asOf, i.machines = asOf, map[string][]cloud.Machine{}
		for _, machine := range list {
			name := strings.ToLower(machine.Hostname)
			i.machines[name] = append(i.machines[name], machine)
		}
	}
	return i.machines[strings.ToLower(hostname)], nil
}
