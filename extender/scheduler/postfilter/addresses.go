package postfilter

import (
	"context"
	"fmt"
	"time"
)

const (
	// resolveEvery is how long the addresses of the endpoint are used before they are asked for again.
	resolveEvery = 10 * time.Second
	// firstPause and longestPause are how long an address is left alone after it has failed, and how long at most after it has failed
	// again and again.
	firstPause   = time.Second
	longestPause = 10 * time.Second
)

// addressBook knows the addresses of the endpoint and which of them work.
type addressBook struct {
	host     string
	lookup   func(ctx context.Context, host string) ([]string, error)
	resolved time.Time
	pauses   map[string]pause // by address
}

// pause is how long an address that fails is left alone; zero for one that works.
type pause struct {
	length time.Duration
	until  time.Time
}

func newAddressBook(host string, lookup func(context.Context, string) ([]string, error)) *addressBook {
	return &addressBook{host: host, lookup: lookup}
}

// usable are the addresses that work, as far as we know. When the name cannot be resolved, the last known ones stay.
func (b *addressBook) usable(ctx context.Context, now time.Time) ([]string, error) {
	if len(b.pauses) == 0 || now.Sub(b.resolved) >= resolveEvery {
		if err := b.resolve(ctx, now); err != nil && len(b.pauses) == 0 {
			return nil, err
		}
	}
	var usable []string
	for address, p := range b.pauses {
		if !now.Before(p.until) {
			usable = append(usable, address)
		}
	}
	return usable, nil
}

func (b *addressBook) resolve(ctx context.Context, now time.Time) error {
	b.resolved = now // also when it fails: a name server that hangs must not hold up every report
	found, err := b.lookup(ctx, b.host)
	if err != nil {
		return fmt.Errorf("look up the endpoint: %w", err)
	}
	pauses := make(map[string]pause, len(found))
	for _, address := range found {
		pauses[address] = b.pauses[address]
	}
	b.pauses = pauses
	return nil
}

// note takes down whether an address took a report, and tells whether that is another than before.
func (b *addressBook) note(address string, took bool, now time.Time) (changed bool) {
	before, known := b.pauses[address]
	if !known {
		return false
	}
	var after pause
	if !took {
		after.length = min(max(firstPause, 2*before.length), longestPause)
		after.until = now.Add(after.length)
	}
	b.pauses[address] = after
	return (before.length > 0) != (after.length > 0)
}
