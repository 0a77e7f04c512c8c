package cloud

import (
	"context"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Options configure a Cloud. The zero value is a cloud without latencies, limits, logs or software on its machines.
type Options struct {
	Seed      uint64
	Latencies Latencies
	// MachineLimit is how many machines the account may have at a time, pending ones included; 0 is no limit.
	MachineLimit int
	// Guest runs on every machine; nil leaves the machines empty.
	Guest Guest
	// Log receives one record for every step of every machine; nil discards them.
	Log *slog.Logger
}

// Cloud holds all machines that were ever ordered. It is safe for concurrent use.
type Cloud struct {
	options Options
	log     *slog.Logger
	ctx     context.Context
	cancel  context.CancelFunc
	lives   sync.WaitGroup

	mu      sync.Mutex
	records []*record // in the order of creation
	bill    meter
}

// New returns a cloud without machines. Call Close to end what it runs.
func New(options Options) *Cloud {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Cloud{options: options, log: options.Log, ctx: ctx, cancel: cancel}
}

// Close stops the clock of every machine and the software on it, and waits until it has stopped. Orders and deletions that come
// later are recorded and never progress.
func (c *Cloud) Close() {
	c.mu.Lock()
	c.cancel()
	c.mu.Unlock()
	c.lives.Wait()
}

// spawn runs f in the background unless the cloud is closed; the lock is held.
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
	random := c.randomFor(order.Hostname)
	r := newRecord(len(c.records)+1, order, random)
	r.Datacenter, r.Plan = datacenter, plan
	r.schedule = c.options.Latencies.draw(random)
	r.Created = time.Now()
	r.Accepted = r.Created.Add(r.schedule.accept)
	c.records = append(c.records, r)
	c.logStep(r)

	ctx, stop := context.WithCancel(c.ctx)
	r.stop = stop
	c.spawn(func() { c.live(ctx, r) })
	return r.Machine, r.schedule.accept, nil
}

// MachineLimit is how many machines the account may have at a time; 0 is no limit.
func (c *Cloud) MachineLimit() int { return c.options.MachineLimit }

// alive counts the machines that are not ended; the lock is held.
func (c *Cloud) alive() int {
	n := 0
	for _, r := range c.records {
		if !r.State.ended() {
			n++
		}
	}
	return n
}

func (c *Cloud) randomFor(hostname string) *rand.Rand {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(hostname)) // never fails
	return rand.New(rand.NewPCG(c.options.Seed, hash.Sum64()))
}

// All returns every machine that was ever ordered, oldest first.
func (c *Cloud) All() []Machine { return c.filter(func(State) bool { return true }) }

// Listed returns the machines on the machine list, oldest first.
func (c *Cloud) Listed() []Machine { return c.filter(State.listed) }

// Pending returns the orders on the pending list, oldest first.
func (c *Cloud) Pending() []Machine {
	return c.filter(func(s State) bool { return s == StatePending })
}

func (c *Cloud) filter(keep func(State) bool) []Machine {
	c.mu.Lock()
	defer c.mu.Unlock()
	machines := []Machine{}
	for _, r := range c.records {
		if keep(r.State) {
			machines = append(machines, r.Machine)
		}
	}
	return machines
}

// Find returns the listed machine with the identifier, and false when there is none.
func (c *Cloud) Find(identifier string) (Machine, bool) {
	listed := c.Listed()
	at := slices.IndexFunc(listed, func(m Machine) bool { return m.Identifier == identifier })
	if at < 0 {
		return Machine{}, false
	}
	return listed[at], true
}
