package cloudtest_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/cloudtest"
)

// garage is the smallest provider there can be: one size in one place, spot capacity, and nothing but a map behind it. That it
// passes shows what another provider has to bring, and that nothing outside of its package has to know of it.
type garage struct {
	mu       sync.Mutex
	machines map[string]cloud.Machine // by host name
	refusal  error                    // of creations
	lost     bool                     // the next creation works and says that it failed
	failure  error                    // of every call
	silent   bool                     // every call waits for its context
}

var size = cloud.Offering{
	ID: "bench", Name: "bench", DatacenterID: "garage", Zone: "left-wall", CapacityType: cloud.CapacitySpot, Arch: "arm64", Price: 1,
	Capacity: corev1.ResourceList{"cpu": resource.MustParse("2"), "memory": resource.MustParse("4Gi"), "ephemeral-storage": resource.MustParse("9G")},
}

func (g *garage) do(ctx context.Context, act func() error) error {
	if g.silent {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return cloud.ErrTransient
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failure != nil {
		return g.failure
	}
	return act()
}

func (g *garage) find(id string) (found cloud.Machine, err error) {
	for _, machine := range g.machines {
		if machine.ID == id {
			return machine, nil
		}
	}
	return found, cloud.ErrNotFound
}

func (g *garage) Capabilities() cloud.Capabilities { return sets.New(cloud.CapabilityUserData) }

func (g *garage) Datacenters(ctx context.Context) (found []cloud.Datacenter, err error) {
	err = g.do(ctx, func() error { found = []cloud.Datacenter{{ID: "garage"}}; return nil })
	return found, err
}

func (g *garage) Offerings(ctx context.Context, datacenterID string) (found []cloud.Offering, err error) {
	err = g.do(ctx, func() error {
		if datacenterID != "garage" {
			return cloud.ErrNotFound
		}
		offering := size
		offering.Capacity = size.Capacity.DeepCopy()
		found = []cloud.Offering{offering}
		return nil
	})
	return found, err
}

func (g *garage) Create(ctx context.Context, request cloud.CreateRequest) error {
	return g.do(ctx, func() error {
		_, taken := g.machines[request.Hostname]
		switch {
		case request.Hostname != strings.ToLower(request.Hostname), request.Hostname == "", taken, request.OfferingID != "bench", request.DatacenterID != "garage":
			return cloud.ErrInvalid
		case g.refusal != nil:
			return g.refusal
		}
		g.machines[request.Hostname] = cloud.Machine{ID: "at-" + request.Hostname, Hostname: request.Hostname, DatacenterID: "garage", State: cloud.StateRunning}
		if g.lost {
			g.lost = false
			return cloud.ErrTransient
		}
		return nil
	})
}

func (g *garage) Machine(ctx context.Context, id string) (found cloud.Machine, err error) {
	err = g.do(ctx, func() (err error) { found, err = g.find(id); return err })
	return found, err
}

func (g *garage) Machines(ctx context.Context, filter cloud.Filter) (found []cloud.Machine, err error) {
	err = g.do(ctx, func() error {
		if filter.HostnamePrefix == "" {
			return cloud.ErrInvalid
		}
		for hostname, machine := range g.machines {
			if strings.HasPrefix(hostname, strings.ToLower(filter.HostnamePrefix)) && filter.Tags == nil {
				found = append(found, machine)
			}
		}
		return nil
	})
	return found, err
}

func (g *garage) Configure(ctx context.Context, machine cloud.Machine, _ cloud.Attributes) error {
	return g.do(ctx, func() error { _, err := g.find(machine.ID); return err })
}

func (g *garage) Delete(ctx context.Context, machine cloud.Machine) error {
	return g.do(ctx, func() error {
		if machine.ID == "" {
			return cloud.ErrInvalid
		}
		delete(g.machines, machine.Hostname)
		return nil
	})
}

func TestAnotherProviderIsAddedWithoutTouchingItsCallers(t *testing.T) {
	cloudtest.Run(t, func(*testing.T) cloudtest.Harness {
		g := &garage{machines: map[string]cloud.Machine{}}
		return cloudtest.Harness{
			Provider: g, DatacenterID: "garage", OfferingID: "bench", Patience: time.Minute,
			Fail: func(failure cloudtest.Failure) {
				g.silent = failure == cloudtest.FailureSilent
				g.failure = map[cloudtest.Failure]error{
					cloudtest.FailureUnauthorized: cloud.ErrUnauthorized, cloudtest.FailureBroken: cloud.ErrTransient,
					cloudtest.FailureRateLimited: &cloud.RateLimitError{RetryAfter: cloudtest.RetryAfter},
				}[failure]
			},
			SellOut:       func(dc, offering string) { g.refusal = &cloud.SoldOutError{DatacenterID: dc, OfferingID: offering} },
			Fill:          func() { g.refusal = cloud.ErrQuota },
			LoseAnswer:    func() { g.lost = true },
			Conceal:       func() { g.failure = cloud.ErrTransient },
			AddOutside:    func(hostname string) { g.machines[hostname] = cloud.Machine{ID: hostname, Hostname: hostname} },
			RemoveOutside: func(machine cloud.Machine) { delete(g.machines, machine.Hostname) },
		}
	})
}
