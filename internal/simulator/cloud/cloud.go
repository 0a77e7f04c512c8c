package cloud

import (
	"context"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
)

// Options configure a Cloud. The zero value is a cloud without latencies, limits, logs, clusters or software on its machines.
type Options struct {
	Seed      uint64
	Latencies Latencies
	// ListLag is the most by which a list of machines is behind: each machine appears on each list, and disappears from it, up to
	// that much late. 0 is never.
	ListLag time.Duration
	// PriceDrift is the most by which a price differs from the list price after the first hour, as a share of it: 0.1 is 10 %.
	PriceDrift float64
	// BalloonMB is how much memory, in MB, machines of catalogue.BalloonCategory see at most; 0 is all they were ordered with. The
	// real ones see a minimum as long as no driver takes the balloon out.
	BalloonMB int
	// MachineLimit is how many machines the account may have at a time, pending ones included; 0 is no limit.
	MachineLimit int
	// Balance is what the account has paid in advance, in billionths of a US dollar; 0 is an account that pays later.
	Balance int64
	// SuspendAfter is how long machines run on when the balance is used up; 0 suspends them at once.
	SuspendAfter time.Duration
	// Guest runs on every machine that was ordered as such; nil leaves them empty.
	Guest Guest
	// WorkerGuest runs on every worker of a managed cluster; nil leaves them empty.
	WorkerGuest Guest
	// Clusters are the managed Kubernetes clusters that the account has from the start.
	Clusters []ClusterOptions
	// Log receives one record for every step of every machine; nil discards them.
	Log *slog.Logger
}

// Cloud holds all machines that were ever ordered. It is safe for concurrent use.
type Cloud struct {
	options Options
	log     *slog.Logger
	opened  time.Time
	ctx     context.Context
	cancel  context.CancelFunc
	lives   sync.WaitGroup

	mu       sync.Mutex
	records  []*record // in the order of creation
	bill     meter
	balance  int64
	clusters []*cluster
	groups   int // groups of workers there ever were
}

// New returns a cloud without machines. Call Close to end what it runs.
func New(options Options) *Cloud {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Cloud{options: options, log: options.Log, opened: time.Now(), ctx: ctx, cancel: cancel, balance: options.Balance}
	for _, cluster := range options.Clusters {
		c.clusters = append(c.clusters, newCluster(cluster))
	}
	if options.Balance > 0 {
		c.spawn(c.watchBalance)
	}
	return c
}

// Close stops the clock of every machine and the software on it, and waits until it has stopped. Orders and deletions that come
// later are recorded and never progress.
func (c *Cloud) Close() {
	c.mu.Lock()
	c.cancel()
	c.mu.Unlock()
	c.lives.Wait()
}

// spawn runs f in the background unless the cloud is closed; the lock is held, or nobody else knows the cloud yet.
func (c *Cloud) spawn(f func()) {
	if c.ctx.Err() == nil {
		c.lives.Go(f)
	}
}

// Create places an order. The machine exists from now on, as pending; the caller should answer its own caller after the returned
// delay. The error tells why the order is refused.
func (c *Cloud) Create(order Order) (Machine, time.Duration, error) {
	datacenter, plan, err := order.check()
	if err != nil {
		return Machine{}, 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if limit := c.options.MachineLimit; limit > 0 && c.alive() >= limit {
		return Machine{}, 0, ErrMachineLimit
	}
	if c.broke(time.Now()) {
		return Machine{}, 0, ErrBalance
	}
	m := c.begin(order, datacenter, plan, c.randomFor(order.Hostname), Membership{})
	return m, m.Accepted.Sub(m.Created), nil
}

// begin makes a machine and lets it live; the lock is held.
func (c *Cloud) begin(order Order, at catalogue.Datacenter, plan catalogue.Plan, random *rand.Rand, member Membership) Machine {
	now := time.Now()
	r := newRecord(len(c.records)+1, order, random)
	r.Datacenter, r.Plan = at, c.priced(plan, at, now)
	r.Membership = member
	r.schedule = c.options.Latencies.draw(random)
	r.Created = now
	r.Accepted = r.Created.Add(r.schedule.accept)
	if order.QueueFor > 0 {
		r.State = StateQueued
	}
	c.records = append(c.records, r)
	c.logStep(r)

	r.life, r.stop = context.WithCancel(c.ctx)
	c.spawn(func() { c.live(r) })
	return r.Machine
}

// MachineLimit is how many machines the account may have at a time; 0 is no limit.
func (c *Cloud) MachineLimit() int { return c.options.MachineLimit }

// alive counts the machines that were ordered as such and are not ended; the lock is held.
func (c *Cloud) alive() int {
	n := 0
	for _, r := range c.records {
		if !r.State.ended() && !r.Managed() {
			n++
		}
	}
	return n
}

func (c *Cloud) randomFor(names ...string) *rand.Rand {
	hash := fnv.New64a()
	for _, name := range names {
		_, _ = hash.Write([]byte(name)) // never fails
	}
	return rand.New(rand.NewPCG(c.options.Seed, hash.Sum64()))
}
