package cloudtest

import (
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Failure is a way in which every call of a cloud goes wrong.
type Failure string

// Failures.
const (
	FailureNone         Failure = ""             // all is well again
	FailureUnauthorized Failure = "Unauthorized" // the credentials are refused
	FailureRateLimited  Failure = "RateLimited"  // too many calls, come back in RetryAfter
	FailureBroken       Failure = "Broken"       // the cloud fails by itself
	FailureSilent       Failure = "Silent"       // no call is answered
)

// RetryAfter is what the cloud says while it has FailureRateLimited.
const RetryAfter = 30 * time.Second

// Harness is a fresh cloud, the provider that sells its machines, and what a test may do to it behind the provider's back. All
// fields are required unless they say otherwise.
type Harness struct {
	Provider cloud.Provider
	// DatacenterID and OfferingID name something that is for sale, four times at least.
	DatacenterID, OfferingID string
	// ImageID is an image to order; empty means the provider's own.
	ImageID string
	// Patience is how long a machine takes at most to be built and, once deleted, to be gone. Zero means 15 minutes.
	Patience time.Duration

	// Fail makes every call fail in one way until it is called with another.
	Fail func(Failure)
	// SellOut makes an offering unavailable although it is still listed.
	SellOut func(datacenterID, offeringID string)
	// Fill brings the account to its limit: no further machine is allowed.
	Fill func()
	// LoseAnswer lets the next creation of a machine take effect and its answer get lost.
	LoseAnswer func()
	// Conceal keeps the cloud from telling all of its machines, as when an answer is cut off.
	Conceal func()
	// AddOutside makes a machine that somebody else orders. A cloud that chooses host names itself ignores the name.
	AddOutside func(hostname string)
	// RemoveOutside removes a machine of the provider at once, as somebody with access to the console might.
	RemoveOutside func(machine cloud.Machine)

	// SSHKeyIDs are two keys of the account, and SSHKeysOf those that a machine has. Required with cloud.CapabilitySSHKeys.
	SSHKeyIDs []string
	SSHKeysOf func(machine cloud.Machine) []string
}

// check ends the test when something is missing: a behaviour that is not tried proves nothing.
func (h Harness) check(t *testing.T) {
	t.Helper()
	needs := map[string]bool{
		"Provider": h.Provider != nil, "DatacenterID": h.DatacenterID != "", "OfferingID": h.OfferingID != "", "Fail": h.Fail != nil,
		"SellOut": h.SellOut != nil, "Fill": h.Fill != nil, "LoseAnswer": h.LoseAnswer != nil, "Conceal": h.Conceal != nil,
		"AddOutside": h.AddOutside != nil, "RemoveOutside": h.RemoveOutside != nil,
	}
	if h.Provider != nil && h.Provider.Capabilities().Has(cloud.CapabilitySSHKeys) {
		needs["SSHKeyIDs"], needs["SSHKeysOf"] = len(h.SSHKeyIDs) == 2, h.SSHKeysOf != nil
	}
	for field, given := range needs {
		if !given {
			t.Fatalf("Harness.%s is missing", field)
		}
	}
}
