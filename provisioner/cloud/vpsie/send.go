package vpsie

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

const (
	// maxRepeats is how often a read is repeated after a transient failure.
	maxRepeats = 3
	// patience is the longest Retry-After that a read waits out by itself.
	patience = 5 * time.Second
	// noticeableWait keeps the scheduling noise of an idle limiter out of Observer.Throttled.
	noticeableWait = 10 * time.Millisecond
)

// read sends a call that changes nothing, and repeats it after transient failures.
func (c *Client) read(ctx context.Context, request call) (reply, error) {
	return c.repeat(ctx, func() (reply, error) { return c.send(ctx, request) })
}

// repeat makes up for transient failures of something that may be done twice.
func (c *Client) repeat(ctx context.Context, try func() (reply, error)) (reply, error) {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = 200*time.Millisecond, patience
	var last error
	answer, err := backoff.Retry(ctx, func() (reply, error) {
		var answer reply
		answer, last = try()
		return answer, repeatable(last)
	}, backoff.WithBackOff(pause), backoff.WithMaxTries(1+maxRepeats))
	if err == nil {
		return answer, nil
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(last, cause) {
		last = fmt.Errorf("%w: %w", last, cause)
	}
	return reply{}, last
}

// repeatable tells backoff.Retry whether and when to try again.
func repeatable(err error) error {
	var limited *cloud.RateLimitError
	switch {
	case err == nil || errors.Is(err, cloud.ErrTransient):
		return err
	case errors.As(err, &limited) && limited.RetryAfter > 0 && limited.RetryAfter <= patience:
		return &backoff.RetryAfterError{Duration: limited.RetryAfter}
	default:
		return backoff.Permanent(err)
	}
}

// send sends a call once. Its errors are those of the cloud package; ErrTransient means that the call may have taken effect.
//
// A refusal of the credentials proves that it did not. So the call is sent once more when there are other credentials to show: a
// new session, or what the source of the credentials holds by now.
func (c *Client) send(ctx context.Context, request call) (reply, error) {
	shown, err := c.badge(ctx, badge{})
	if err != nil {
		return reply{}, c.unsent(request, err)
	}
	answer, err := c.exchange(ctx, request, shown)
	var refused unauthenticatedError
	if !errors.As(err, &refused) {
		return answer, err
	}
	other, renewErr := c.badge(ctx, shown)
	switch {
	case renewErr != nil:
		return reply{}, c.unsent(request, renewErr)
	case other.value == shown.value:
		return reply{}, err
	}
	return c.exchange(ctx, request, other)
}

// unsent reports a call that was kept back for lack of credentials. A login that VPSie failed has been reported already.
func (c *Client) unsent(request call, err error) error {
	if !errors.Is(err, cloud.ErrUnavailable) {
		c.options.Observer.Failed(request.name, err)
	}
	return err
}

// exchange sends a call once with the given badge, as soon as the limits allow it.
func (c *Client) exchange(ctx context.Context, request call, shown badge) (reply, error) {
	answer, err := c.admitted(ctx, request, shown)
	if err != nil {
		c.options.Observer.Failed(request.name, err)
	}
	return answer, err
}

func (c *Client) admitted(ctx context.Context, request call, shown badge) (reply, error) {
	if err := c.breaker.check(); err != nil {
		return reply{}, err
	}
	if err := c.waitTurn(ctx, request.name); err != nil {
		return reply{}, err
	}
	done, err := c.breaker.allow()
	if err != nil {
		return reply{}, err
	}
	answer, err := c.deliver(ctx, request, shown)
	done(err)
	var limited *cloud.RateLimitError
	if errors.As(err, &limited) {
		c.hold.extend(limited.RetryAfter)
	}
	return answer, err
}

// waitTurn holds a call back to keep the limits, VPSie's and our own. A call that would have to wait longer than its context lasts
// is not sent.
func (c *Client) waitTurn(ctx context.Context, name string) error {
	start := time.Now()
	if err := c.hold.wait(ctx); err != nil {
		return err
	}
	if err := c.limiter.Wait(ctx); err != nil {
		return fmt.Errorf("not sent: %w by our own limit of %d requests a minute: %w",
			cloud.ErrRateLimited, c.options.RequestsPerMinute, err)
	}
	// Another call may have met a limit of VPSie in the meantime.
	if err := c.hold.wait(ctx); err != nil {
		return err
	}
	if wait := time.Since(start); wait >= noticeableWait {
		c.options.Observer.Throttled(name, wait)
	}
	return nil
}
