package fake

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// machine is what the cloud knows about one machine. Its state follows from its dates and the clock.
type machine struct {
	id         string
	hostname   string
	nodeName   string // empty: the host name
	datacenter string
	offering   string
	addresses  []string
	tags       map[string]string
	sshKeys    []string
	createdAt  time.Time
	builtAt    time.Time
	deletedAt  time.Time // zero: nobody asked
	removed    bool
	broken     bool
	announced  bool
}

// add makes a machine for a request. The caller holds c.mu.
func (c *Cloud) add(request cloud.CreateRequest) *machine {
	c.serial++
	m := &machine{
		id:         fmt.Sprintf("machine-%d", c.serial),
		hostname:   request.Hostname,
		datacenter: request.DatacenterID,
		offering:   request.OfferingID,
		addresses:  []string{fmt.Sprintf("10.0.%d.%d", c.serial/250, c.serial%250+1)},
		tags:       maps.Clone(request.Tags),
		sshKeys:    slices.Clone(request.SSHKeyIDs),
		createdAt:  time.Now(),
		builtAt:    time.Now().Add(c.options.BuildTime),
	}
	c.machines = append(c.machines, m)
	return m
}

// announce calls the OnRunning hook when the machine is built, unless it is gone by then.
func (c *Cloud) announce(m *machine) {
	if c.options.OnRunning == nil {
		return
	}
	if c.options.BuildTime <= 0 {
		c.running(m)
		return
	}
	time.AfterFunc(c.options.BuildTime, func() { c.running(m) })
}

func (c *Cloud) running(m *machine) {
	c.mu.Lock()
	seen, exists := c.view(m)
	ready := exists && seen.State == cloud.StateRunning && !m.announced
	m.announced = m.announced || ready
	c.mu.Unlock()
	if ready {
		c.options.OnRunning(seen)
	}
}

// present lists the machines that exist now, the pending ones included. The caller holds c.mu.
func (c *Cloud) present() []cloud.Machine {
	var found []cloud.Machine
	for _, m := range c.machines {
		if seen, exists := c.view(m); exists {
			found = append(found, seen)
		}
	}
	return found
}

// view is the machine as the cloud reports it now, and whether it does. The caller holds c.mu.
func (c *Cloud) view(m *machine) (cloud.Machine, bool) {
	now := time.Now()
	seen := cloud.Machine{
		Hostname: strings.ToLower(m.hostname), NodeName: m.nodeName, DatacenterID: m.datacenter, OfferingID: m.offering, CreatedAt: m.createdAt,
	}
	ended := !m.deletedAt.IsZero() && !now.Before(m.deletedAt.Add(c.options.DeleteTime))
	if m.removed || ended {
		return cloud.Machine{}, false
	}
	if now.Before(m.builtAt) {
		seen.State = cloud.StatePending
		return seen, true
	}
	seen.ID, seen.Addresses, seen.Tags = m.id, slices.Clone(m.addresses), maps.Clone(m.tags)
	switch {
	case !m.deletedAt.IsZero():
		seen.State = cloud.StateEnding
	case m.broken:
		seen.State = cloud.StateBroken
	default:
		seen.State = cloud.StateRunning
	}
	return seen, true
}
