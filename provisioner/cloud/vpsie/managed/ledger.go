package managed

import (
	"context"
	"errors"
	"time"
)

// ErrConflict is what Ledger.Save returns when the book has changed since it was loaded. Nothing was written.
var ErrConflict = errors.New("the ledger has changed")

// Ledger keeps the book of one cluster. It is safe for concurrent use, by several processes too.
type Ledger interface {
	// Load reads the book as it is now, never from a cache. A book that was never saved is empty.
	Load(ctx context.Context) (Book, error)
	// Save writes a book that was loaded and changed. It is ErrConflict when somebody else saved meanwhile; after any other
	// error nobody knows whether it was written.
	Save(ctx context.Context, book Book) error
}

// Book says which workers were ordered, and under which host names.
type Book struct {
	// Version is the ledger's own; empty for a book that was never saved.
	Version string
	// Entries are the orders by host name, in lower case.
	Entries map[string]Entry
}

// State is how far an order is.
type State string

// States of an order.
const (
	// StateAsked: the worker was asked for, or is about to be.
	StateAsked State = "Asked"
	// StateAmbiguous: more than one worker has shown up, so none can be claimed.
	StateAmbiguous State = "Ambiguous"
	// StateLost: no worker has shown up in time. One that comes later is only told of: since the order need not have reached VPSie,
	// it may as well be somebody else's.
	StateLost State = "Lost"
	// StateOwned: MachineID is the worker.
	StateOwned State = "Owned"
)

// Entry is one order.
type Entry struct {
	State        State     `json:"state"`
	OfferingID   string    `json:"offering"`
	DatacenterID string    `json:"datacenter"`
	GroupID      int64     `json:"group"`
	Since        time.Time `json:"since"` // when it was asked for

	// Before are the identifiers of the workers that there were, GroupCounts how many of them each group counted.
	Before      []string      `json:"before,omitempty"`
	GroupCounts map[int64]int `json:"groupCounts,omitempty"`

	// MachineID and NodeName are those of the worker, with StateOwned.
	MachineID string `json:"machineID,omitempty"`
	NodeName  string `json:"nodeName,omitempty"`
	// DeletedAt is when its deletion was first asked for; zero when nobody did.
	DeletedAt time.Time `json:"deletedAt,omitzero"`
	// MissingSince is when the worker was found to be no longer listed; zero while it is.
	MissingSince time.Time `json:"missingSince,omitzero"`
}

// open reports whether the order keeps others from being placed.
func (e Entry) open() bool { return e.State == StateAsked || e.State == StateAmbiguous }

// owner is the order that a worker came from.
func (b Book) owner(machineID string) (hostname string, entry Entry, found bool) {
	for hostname, entry := range b.Entries {
		if machineID != "" && entry.MachineID == machineID {
			return hostname, entry, true
		}
	}
	return "", Entry{}, false
}
