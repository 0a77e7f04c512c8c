// Package cloud is the port between the autoscaler and whatever sells it machines. It speaks of offerings, data centres and
// machines, and of errors that say what to do next; no wire format passes through it.
package cloud

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// Provider sells machines. Implementations are safe for concurrent use, honour the context of every call, and return the typed
// errors of this package, wrapped or not; package cloudtest has the tests that every implementation must pass.
type Provider interface {
	// Capabilities says which parts of a CreateRequest are honoured. The answer is always the same.
	Capabilities() Capabilities

	// Datacenters lists the places where machines are sold now.
	Datacenters(ctx context.Context) ([]Datacenter, error)

	// Offerings lists what is sold in a data centre now, in no particular order. An unknown data centre is ErrNotFound.
	Offerings(ctx context.Context, datacenterID string) ([]Offering, error)

	// Create asks for one machine. A nil error means that the request was accepted, not that the machine exists: it shows up
	// in Machines later, or never. A second Create with the same host name may make a second machine, so a caller repeats the
	// call only after an error for which Rejected is true.
	Create(ctx context.Context, request CreateRequest) error

	// Machine reads one machine, with its tags. One that is not listed, be it pending or gone, is ErrNotFound.
	Machine(ctx context.Context, id string) (Machine, error)

	// Machines lists the machines that match a filter. Requested ones that are not yet built are included with StatePending. A
	// list that may be incomplete is an error, never a short list.
	Machines(ctx context.Context, filter Filter) ([]Machine, error)

	// Configure gives a machine that is listed the tags and keys it lacks and takes off tags that are not wanted. It changes
	// nothing about a machine that is as it should be, and is repeated until it succeeds. A machine that is gone is ErrNotFound.
	Configure(ctx context.Context, machine Machine, wanted Attributes) error

	// Delete asks for a machine to be deleted. A machine that is already gone is no error. A nil error means that the request
	// was accepted; the caller repeats it until Machines no longer lists the machine.
	Delete(ctx context.Context, machine Machine) error
}

// Capability is something that not every way of buying machines can do.
type Capability string

// Capabilities of providers.
const (
	// CapabilityUserData: machines start with the user data they were ordered with, and under the host name they were ordered
	// with. Without it the provider makes machines join the cluster by itself and names their Nodes; see Machine.NodeName.
	CapabilityUserData Capability = "UserData"
	// CapabilityImage: the operating system image can be chosen.
	CapabilityImage Capability = "Image"
	// CapabilityTags: machines carry tags.
	CapabilityTags Capability = "Tags"
	// CapabilitySSHKeys: SSH keys of the account can be put on machines.
	CapabilitySSHKeys Capability = "SSHKeys"
)

// Capabilities is a set of capabilities.
type Capabilities = sets.Set[Capability]

// Datacenter is a place where machines are sold.
type Datacenter struct {
	ID   string
	Name string // for people
}

// CapacityType says on what terms a machine is sold.
type CapacityType string

// Capacity types, which are also values of the label autoscaler.vpsie.com/capacity-type.
const (
	CapacityOnDemand CapacityType = "on-demand" // stays until it is deleted
	CapacitySpot     CapacityType = "spot"      // may be taken back at any time
)

// Offering is a size of machine sold in one data centre.
type Offering struct {
	ID           string // what CreateRequest.OfferingID wants
	Name         string // for people
	DatacenterID string
	Zone         string              // failure domain; empty means that the data centre is one
	CapacityType CapacityType        // empty means CapacityOnDemand
	Arch         string              // as in the kubernetes.io/arch label
	Capacity     corev1.ResourceList // cpu, memory and ephemeral-storage of the bare machine
	Price        money.PerHour
}

// CreateRequest describes the machine to create. Hostname must be unique for all time and start with the cluster's prefix. What
// the provider has no capability for is ignored.
type CreateRequest struct {
	Hostname     string
	OfferingID   string
	DatacenterID string
	ImageID      string
	// UserData is the cloud-init document of the machine in plain text. It holds a join token: never log it.
	UserData []byte
	Attributes
}

// Attributes are what may be changed about a machine while it runs.
type Attributes struct {
	// Tags are for people; ownership never rests on them alone.
	Tags map[string]string
	// SSHKeyIDs are the identifiers of keys of the account that may log in. A key is never taken off a machine again.
	SSHKeyIDs []string
}

// Filter selects machines. HostnamePrefix is required: without it the machines of everybody in the account would be claimed.
type Filter struct {
	// HostnamePrefix starts the host name, compared without regard to case.
	HostnamePrefix string
	// Tags must all be on the machine. A machine that is not built yet has none. Nil selects machines with and without tags;
	// otherwise listing may cost a call for each machine.
	Tags map[string]string
}

// State is how far a machine is.
type State string

// States of a machine, in order.
const (
	StatePending State = "Pending" // asked for, not built yet; it has no ID and cannot be deleted
	StateRunning State = "Running" // built
	StateBroken  State = "Broken"  // built, and the cloud says it does not work
	StateEnding  State = "Ending"  // deletion was asked for
)

// Machine is a machine as the cloud reports it.
type Machine struct {
	ID           string // empty while StatePending
	Hostname     string // in lower case; the one it was ordered with
	NodeName     string // name of the Node it becomes; empty means Hostname
	DatacenterID string
	OfferingID   string // empty when the cloud does not tell
	State        State
	Addresses    []string
	Tags         map[string]string // nil when the cloud does not tell with this call
	CreatedAt    time.Time         // zero when the cloud does not tell
}
