package vpsie

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// probes is how many requests at a time find out whether VPSie works again.
const probes = 1

// outageError marks a failure that speaks of VPSie as a whole: no answer, an answer of a gateway, or a status of 500 and above. A
// refusal of one request is none, whatever its status.
type outageError struct{ error }

// Unwrap keeps the error what it is for everybody but the breaker.
func (e outageError) Unwrap() error { return e.error }

// breaker stops sending to a VPSie that keeps failing, and lets single requests find out when it works again.
type breaker struct {
	gate    *gobreaker.TwoStepCircuitBreaker[struct{}]
	openFor time.Duration

	mu     sync.Mutex
	opened time.Time
}

func newBreaker(options Options) *breaker {
	b := &breaker{openFor: options.BreakerPause}
	b.gate = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests: probes,
		Timeout:     options.BreakerPause - 1, // gobreaker lets requests through only when more than that has passed
		ReadyToTrip: func(counts gobreaker.Counts) bool {
			return counts.ConsecutiveFailures >= uint32(options.BreakerFailures)
		},
		OnStateChange: func(_ string, from, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				b.setOpened(time.Now())
			}
			options.Logger.Info("The circuit breaker of the VPSie API changed", "from", from.String(), "to", to.String())
			options.Observer.BreakerChanged(from.String(), to.String())
		},
		IsSuccessful: func(err error) bool {
			var outage outageError
			return !errors.As(err, &outage)
		},
		// A caller that leaves says nothing about VPSie.
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
	})
	return b
}

// check is cloud.ErrUnavailable while nothing may be sent.
func (b *breaker) check() error {
	if b.gate.State() == gobreaker.StateOpen {
		return b.unavailable()
	}
	return nil
}

// allow lets a request through, whose outcome is then told to done, or returns cloud.ErrUnavailable.
func (b *breaker) allow() (done func(error), err error) {
	done, err = b.gate.Allow()
	if err != nil {
		return nil, b.unavailable()
	}
	return done, nil
}

func (b *breaker) unavailable() error {
	b.mu.Lock()
	left := time.Until(b.opened.Add(b.openFor))
	b.mu.Unlock()
	// Nothing is left while another request is finding out.
	return fmt.Errorf("VPSie keeps failing: %w", &cloud.UnavailableError{RetryAfter: max(left, time.Second)})
}

func (b *breaker) setOpened(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opened = at
}
