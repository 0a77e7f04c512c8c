// Package cloud is the port between the autoscaler and whatever sells it machines. It speaks of offerings, data centres and
// machines, and of errors that say what to do next; no wire format passes through it.
package cloud

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// Provider sells machines. Implementations are safe for concurrent use, honour the context of every call, and return the typed
// errors of this package, wrapped or not.
type Provider interface {
	// Datacenters lists the places where machines are sold now.
	Datacenters(ctx context.Context) ([]Datacenter, error)

	// Offerings lists what is sold in a data centre now, in no particular order. An unknown data centre is ErrNotFound.
	Offerings(ctx context.Context, datacenterID string) ([]Offering, error)

	// Create asks for one machine. A nil error means that the request was accepted, not that the machine exists: it shows up
	// in Machines later, or never. A second Create with the same host name may make a second machine, so a caller repeats the
	// call only after an error for which Rejected is true.
	Create(ctx context.Context, request CreateRequest) error

	// Machines lists the machines of this cluster, and only those: machines whose host name starts with the given prefix,
	// compared without regard to case. Requested ones that are not yet built are included with StatePending. A list that may
	// be incomplete is an error, never a short list.
	Machines(ctx context.Context, hostnamePrefix string) ([]Machine, error)

	// Delete asks for a machine to be deleted. A machine that is already gone is no error. A nil error means that the request
	// was accepted; the caller repeats it until Machines no longer lists the machine.
	Delete(ctx context.Context, machine Machine) error
}

// Datacenter is a place where machines are sold.
type Datacenter struct {
	ID   string
	Name string // for people
}

// Offering is a size of machine sold in one data centre.
type Offering struct {
	ID           string // what CreateRequest.OfferingID wants
	Name         string // for people
	DatacenterID string
	Arch         string              // as in the kubernetes.io/arch label
	Capacity     corev1.ResourceList // cpu, memory and ephemeral-storage of the bare machine
	Price        money.PerHour
}

// CreateRequest describes the machine to create. Hostname must be unique for all time and start with the cluster's prefix.
type CreateRequest struct {
	Hostname     string
	OfferingID   string
	DatacenterID string
	ImageID      string
	// UserData is the cloud-init document of the machine in plain text. It holds a join token: never log it.
	UserData []byte
	// Tags are labels for people; ownership never rests on them.
	Tags []string
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
	Hostname     string // in lower case
	DatacenterID string
	OfferingID   string // empty when the cloud does not tell
	State        State
	Addresses    []string
}
