package fake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Options describe a Cloud. The zero value is a cloud with the default catalogue that builds and deletes at once.
type Options struct {
	// Datacenters are those that exist; nil means DefaultDatacenters.
	Datacenters []cloud.Datacenter
	// Offerings are those sold; nil means DefaultOfferings.
	Offerings []cloud.Offering
	// Capabilities are those of the cloud; nil means all of them.
	Capabilities cloud.Capabilities
	// BuildTime is how long a machine stays StatePending after its Create was accepted; zero means that it is built at once.
	BuildTime time.Duration
	// DeleteTime is how long a machine stays listed as StateEnding after Delete; zero means that it is gone at once.
	DeleteTime time.Duration
	// OnRunning is called once for each machine made by Create, when it has been built: the place where a test makes the Node.
	// It may call the Cloud. With a BuildTime it runs in a goroutine of its own, without one inside Create. Nil means nothing.
	OnRunning func(machine cloud.Machine)
}

// Cloud is a cloud.Provider in memory. Make one with New.
type Cloud struct {
	options Options

	mu       sync.Mutex
	machines []*machine
	calls    []Call
	outcomes map[Op][]outcome
	soldOut  map[place]bool
	quota    int
	serial   int
	outage   error // what every call fails with; nil when all is well
	silent   bool
}

var _ cloud.Provider = (*Cloud)(nil)

// place is an offering in a data centre.
type place struct{ datacenterID, offeringID string }

// New returns a Cloud with no machines.
func New(options Options) *Cloud {
	if options.Datacenters == nil {
		options.Datacenters = DefaultDatacenters()
	}
	if options.Offerings == nil {
		options.Offerings = DefaultOfferings()
	}
	return &Cloud{options: options, outcomes: map[Op][]outcome{}, soldOut: map[place]bool{}}
}

// Datacenters implements cloud.Provider.
func (c *Cloud) Datacenters(ctx context.Context) ([]cloud.Datacenter, error) {
	var found []cloud.Datacenter
	err := c.do(ctx, Call{Op: OpDatacenters}, func() error {
		found = slices.Clone(c.options.Datacenters)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Offerings implements cloud.Provider. Offerings that are sold out stay listed, as in a real cloud without a stock flag.
func (c *Cloud) Offerings(ctx context.Context, datacenterID string) ([]cloud.Offering, error) {
	var found []cloud.Offering
	err := c.do(ctx, Call{Op: OpOfferings, DatacenterID: datacenterID}, func() error {
		if !c.hasDatacenter(datacenterID) {
			return fmt.Errorf("data centre %q: %w", datacenterID, cloud.ErrNotFound)
		}
		for _, offering := range c.options.Offerings {
			if offering.DatacenterID == datacenterID {
				offering.Capacity = offering.Capacity.DeepCopy()
				found = append(found, offering)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Create implements cloud.Provider.
func (c *Cloud) Create(ctx context.Context, request cloud.CreateRequest) error {
	request.UserData, request.Attributes = slices.Clone(request.UserData), cloneAttributes(request.Attributes)
	call := Call{Op: OpCreate, Hostname: request.Hostname, DatacenterID: request.DatacenterID, Request: request}
	var built *machine
	err := c.do(ctx, call, func() error {
		if err := c.checkCreate(request); err != nil {
			return err
		}
		if c.dropped() {
			return nil
		}
		built = c.add(request)
		return nil
	})
	if built != nil {
		c.announce(built)
	}
	return err
}

// Machines implements cloud.Provider.
func (c *Cloud) Machines(ctx context.Context, filter cloud.Filter) ([]cloud.Machine, error) {
	var found []cloud.Machine
	err := c.do(ctx, Call{Op: OpMachines, Filter: filter}, func() error {
		if filter.HostnamePrefix == "" {
			return fmt.Errorf("list machines: the host name prefix is empty: %w", cloud.ErrInvalid)
		}
		for _, m := range c.present() {
			if strings.HasPrefix(m.Hostname, strings.ToLower(filter.HostnamePrefix)) && hasTags(m, filter.Tags) {
				found = append(found, m)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Capabilities implements cloud.Provider.
func (c *Cloud) Capabilities() cloud.Capabilities {
	if c.options.Capabilities != nil {
		return c.options.Capabilities
	}
	return sets.New(cloud.CapabilityUserData, cloud.CapabilityImage, cloud.CapabilityTags, cloud.CapabilitySSHKeys)
}

// Machine implements cloud.Provider.
func (c *Cloud) Machine(ctx context.Context, id string) (cloud.Machine, error) {
	var found cloud.Machine
	err := c.do(ctx, Call{Op: OpMachine, MachineID: id}, func() error {
		_, seen, err := c.find(id)
		found = seen
		return err
	})
	return found, err
}

// Configure implements cloud.Provider.
func (c *Cloud) Configure(ctx context.Context, target cloud.Machine, wanted cloud.Attributes) error {
	call := Call{Op: OpConfigure, Hostname: target.Hostname, MachineID: target.ID, Attributes: cloneAttributes(wanted)}
	return c.do(ctx, call, func() error {
		m, _, err := c.find(target.ID)
		if err != nil {
			return err
		}
		m.tags = maps.Clone(wanted.Tags)
		for _, key := range wanted.SSHKeyIDs {
			if !slices.Contains(m.sshKeys, key) {
				m.sshKeys = append(m.sshKeys, key)
			}
		}
		return nil
	})
}

// find is the listed machine with an identifier. The caller holds c.mu.
func (c *Cloud) find(id string) (*machine, cloud.Machine, error) {
	for _, m := range c.machines {
		if seen, exists := c.view(m); exists && seen.ID != "" && seen.ID == id {
			return m, seen, nil
		}
	}
	return nil, cloud.Machine{}, fmt.Errorf("machine %q: %w", id, cloud.ErrNotFound)
}

func hasTags(m cloud.Machine, wanted map[string]string) bool {
	for key, value := range wanted {
		if m.Tags[key] != value {
			return false
		}
	}
	return true
}

func cloneAttributes(a cloud.Attributes) cloud.Attributes {
	return cloud.Attributes{Tags: maps.Clone(a.Tags), SSHKeyIDs: slices.Clone(a.SSHKeyIDs)}
}

// Delete implements cloud.Provider.
func (c *Cloud) Delete(ctx context.Context, target cloud.Machine) error {
	call := Call{Op: OpDelete, Hostname: target.Hostname, MachineID: target.ID}
	return c.do(ctx, call, func() error {
		if target.ID == "" {
			return fmt.Errorf("delete machine %q: it has no ID, wait until it is built: %w", target.Hostname, cloud.ErrInvalid)
		}
		for _, m := range c.machines {
			if m.id == target.ID && m.deletedAt.IsZero() {
				m.deletedAt = time.Now()
			}
		}
		return nil
	})
}

// checkCreate refuses what a cloud refuses. The caller holds c.mu.
func (c *Cloud) checkCreate(request cloud.CreateRequest) error {
	switch {
	case request.Hostname == "" || request.Hostname != strings.ToLower(request.Hostname):
		return fmt.Errorf("create machine: host name %q: want a name in lower case: %w", request.Hostname, cloud.ErrInvalid)
	case !c.hasDatacenter(request.DatacenterID):
		return fmt.Errorf("create machine %s: data centre %q: %w", request.Hostname, request.DatacenterID, cloud.ErrNotFound)
	case !c.sells(request):
		return fmt.Errorf("create machine %s: offering %q: %w", request.Hostname, request.OfferingID, cloud.ErrNotFound)
	case c.soldOut[place{request.DatacenterID, request.OfferingID}]:
		return fmt.Errorf("create machine %s: offering %q: %w", request.Hostname, request.OfferingID, &cloud.SoldOutError{DatacenterID: request.DatacenterID, OfferingID: request.OfferingID})
	case c.quota > 0 && len(c.present()) >= c.quota:
		return fmt.Errorf("create machine %s: %d machines: %w", request.Hostname, c.quota, cloud.ErrQuota)
	}
	return nil
}

func (c *Cloud) hasDatacenter(id string) bool {
	return slices.ContainsFunc(c.options.Datacenters, func(d cloud.Datacenter) bool { return d.ID == id })
}

func (c *Cloud) sells(request cloud.CreateRequest) bool {
	return slices.ContainsFunc(c.options.Offerings, func(o cloud.Offering) bool {
		return o.ID == request.OfferingID && o.DatacenterID == request.DatacenterID
	})
}
