package managed

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

// Defaults of Options.
const (
	DefaultGroupPrefix  = "autoscaler-"
	DefaultAddTimeout   = 15 * time.Minute
	DefaultPollInterval = 10 * time.Second
)

// Options say which cluster is served. Client, ClusterID and Ledger are required.
type Options struct {
	Client *vpsie.Client
	// ClusterID is the identifier of the managed cluster.
	ClusterID string
	Ledger    Ledger
	// GroupPrefix starts the names of the node groups that are made; the size follows. Empty means DefaultGroupPrefix.
	GroupPrefix string
	// AddTimeout is how long a worker that was asked for is waited for before another may be asked for. Zero means
	// DefaultAddTimeout. A worker that comes later is not claimed but left to people, so it should be longer than VPSie ever takes.
	AddTimeout time.Duration
	// PollInterval is when callers are told to come back while an order is open. Zero means DefaultPollInterval.
	PollInterval time.Duration
	// Logger is told what was claimed, and above all what was not and needs people. The zero value drops it.
	Logger logr.Logger
}

func (o *Options) setDefaults() {
	if o.GroupPrefix == "" {
		o.GroupPrefix = DefaultGroupPrefix
	}
	if o.AddTimeout == 0 {
		o.AddTimeout = DefaultAddTimeout
	}
	if o.PollInterval == 0 {
		o.PollInterval = DefaultPollInterval
	}
}

// validate lists every fault of options that have their defaults.
func (o *Options) validate() error {
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(o.Client == nil, "Client is missing: give the VPSie client")
	fault(o.ClusterID == "", "ClusterID is missing: give the identifier of the managed cluster")
	fault(o.Ledger == nil, "Ledger is missing: give one, such as NewConfigMapLedger")
	fault(o.AddTimeout < 0, "AddTimeout %v: want a positive duration", o.AddTimeout)
	fault(o.PollInterval < 0, "PollInterval %v: want a positive duration", o.PollInterval)
	return errors.Join(faults...)
}
