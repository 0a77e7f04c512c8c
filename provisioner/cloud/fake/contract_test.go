package fake_test

import (
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/cloudtest"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

// What a test learns from the fake must hold for real providers, so the fake passes their tests.
func TestFakeKeepsTheContract(t *testing.T) {
	tests := map[string]fake.Options{
		"at once":   {},
		"with time": {BuildTime: time.Minute, DeleteTime: 20 * time.Second},
	}
	for name, options := range tests {
		t.Run(name, func(t *testing.T) {
			cloudtest.Run(t, func(*testing.T) cloudtest.Harness { return harness(fake.New(options)) })
		})
	}
}

func harness(c *fake.Cloud) cloudtest.Harness {
	return cloudtest.Harness{
		Provider: c, DatacenterID: fake.DatacenterAmsterdam, OfferingID: fake.OfferingGeneral2, Patience: 2 * time.Minute,
		Fail: func(failure cloudtest.Failure) {
			c.FailAll(map[cloudtest.Failure]error{
				cloudtest.FailureUnauthorized: cloud.ErrUnauthorized,
				cloudtest.FailureRateLimited:  &cloud.RateLimitError{RetryAfter: cloudtest.RetryAfter},
				cloudtest.FailureBroken:       cloud.ErrTransient,
			}[failure])
			c.Silence(failure == cloudtest.FailureSilent)
		},
		SellOut:    func(datacenterID, offeringID string) { c.SetSoldOut(datacenterID, offeringID, true) },
		Fill:       func() { c.AddMachine(cloud.Machine{Hostname: "filler"}); c.SetQuota(1) },
		LoseAnswer: func() { c.AcceptThenFail(fake.OpCreate, nil) },
		Conceal: func() {
			c.FailNext(fake.OpMachines, cloud.ErrTransient)
		},
		AddOutside:    func(hostname string) { c.AddMachine(cloud.Machine{Hostname: hostname}) },
		RemoveOutside: func(machine cloud.Machine) { c.RemoveMachine(machine.Hostname) },
		SSHKeyIDs:     []string{"key-1", "key-2"},
		SSHKeysOf:     func(machine cloud.Machine) []string { return c.SSHKeys(machine.Hostname) },
	}
}
