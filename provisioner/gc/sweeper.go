package gc

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/gc/orphans"
	"github.com/vpsie/vpsie-autoscaler/provisioner/hostnames"
)

// EventOrphanRemoved on a Node: it has neither VPSieNode nor machine and is deleted.
const EventOrphanRemoved = "OrphanRemoved"

// Defaults of Options.
const (
	DefaultInterval    = time.Minute
	DefaultGracePeriod = 10 * time.Minute
)

// sweepTimeout bounds one sweep, should the cloud or the API server be slow.
const sweepTimeout = 5 * time.Minute

// Drainer empties a Node before its machine is deleted.
type Drainer interface {
	// Drain keeps new pods off the node and asks for the eviction of those that are there. It returns at once; done says that
	// no workload pod is left, message what is still waited for. It is called again until it is done.
	Drain(ctx context.Context, node *corev1.Node) (done bool, message string, err error)
}

// Options configure a Sweeper.
type Options struct {
	// Names tells the machines of this cluster from all others.
	Names hostnames.Scheme
	// Interval is how often the cloud and the cluster are compared. Zero means DefaultInterval.
	Interval time.Duration
	// GracePeriod is how long something must have been without its counterpart before it goes. Zero means DefaultGracePeriod.
	GracePeriod time.Duration
}

// Parts are what a Sweeper works with; all are required.
type Parts struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads from the API server itself: nothing is deleted on the word of a cache.
	Live     client.Reader
	Provider cloud.Provider
	Drainer  Drainer
	Metrics  *telemetry.Metrics
	Events   events.EventRecorder
	Log      logr.Logger
}

// Sweeper finds orphans and removes them. It runs on the leader only.
type Sweeper struct {
	Parts
	options Options

	memory orphans.Memory
	told   map[orphans.Subject]string
	// progress is how far the removal of each orphaned machine is, by host name: what its drain waits for, or deletionAsked.
	progress map[string]string
}

// New makes a Sweeper.
func New(parts Parts, options Options) *Sweeper {
	if options.Interval == 0 {
		options.Interval = DefaultInterval
	}
	if options.GracePeriod == 0 {
		options.GracePeriod = DefaultGracePeriod
	}
	parts.Log = parts.Log.WithName("gc")
	return &Sweeper{Parts: parts, options: options, told: map[orphans.Subject]string{}, progress: map[string]string{}}
}

// NeedLeaderElection makes the manager run only one Sweeper.
func (s *Sweeper) NeedLeaderElection() bool { return true }

// Start sweeps until the context ends.
func (s *Sweeper) Start(ctx context.Context) error {
	ticker := time.NewTicker(s.options.Interval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		if _, err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error(err, "sweep failed, trying again later", "after", s.options.Interval.String())
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	return nil
}

// Sweep compares the cloud with the cluster once and removes the orphans that may go. It returns what it decided and why; after an
// error, whatever was left undone is done by the next sweep.
func (s *Sweeper) Sweep(ctx context.Context) ([]orphans.Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	snapshot, err := s.gather(ctx)
	if err != nil {
		return nil, err
	}
	verdicts, memory := orphans.Decide(snapshot, s.memory)
	s.memory = memory
	s.settle(snapshot)
	s.report(verdicts)
	return verdicts, s.act(ctx, snapshot, verdicts)
}
