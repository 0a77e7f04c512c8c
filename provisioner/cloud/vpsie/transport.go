package vpsie

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

const (
	maxReplyBytes = 10 << 20
	// maxRepeats is how often a read is repeated after a transient failure.
	maxRepeats = 3
	// patience is the longest Retry-After that a read waits out by itself.
	patience = 5 * time.Second
	// noticeableWait keeps the scheduling noise of an idle limiter out of Observer.Throttled.
	noticeableWait = 10 * time.Millisecond
)

// call is one request of the API.
type call struct {
	name    string // for Observer
	method  string // empty means GET
	path    string
	query   url.Values
	json    any        // the body, or
	form    url.Values // the body
	secrets []string   // what the body holds that no error may repeat
}

// read sends a call that changes nothing, and repeats it after transient failures.
func (c *Client) read(ctx context.Context, request call) (reply, error) {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = 200*time.Millisecond, patience
	var last error
	answer, err := backoff.Retry(ctx, func() (reply, error) {
		var answer reply
		answer, last = c.send(ctx, request)
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
func (c *Client) send(ctx context.Context, request call) (reply, error) {
	answer, err := c.exchange(ctx, request)
	if err != nil {
		c.options.Observer.Failed(request.name, err)
	}
	return answer, err
}

func (c *Client) exchange(ctx context.Context, request call) (reply, error) {
	token, err := c.options.Token(ctx)
	if err == nil && token == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		return reply{}, fmt.Errorf("API token: %w: %w", cloud.ErrUnauthorized, err)
	}
	if err := c.waitTurn(ctx, request.name); err != nil {
		return reply{}, err
	}

	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	message, err := c.newRequest(ctx, request)
	if err != nil {
		return reply{}, fmt.Errorf("%w: %w", cloud.ErrInvalid, err)
	}
	message.Header.Set("Vpsie-Auth", token)

	start := time.Now()
	response, body, err := c.roundTrip(message)
	if err != nil {
		c.options.Observer.Call(request.name, "error", time.Since(start))
		return reply{}, fmt.Errorf("%w: %w", cloud.ErrTransient, err)
	}
	c.options.Observer.Call(request.name, strconv.Itoa(response.StatusCode), time.Since(start))
	return parseReply(response, body, append([]string{token}, request.secrets...))
}

// waitTurn holds a call back to keep the rate limit. A call that would have to wait longer than its context lasts is not sent.
func (c *Client) waitTurn(ctx context.Context, name string) error {
	start := time.Now()
	if err := c.limiter.Wait(ctx); err != nil {
		return fmt.Errorf("not sent: %w by our own limit of %d requests a minute: %w",
			cloud.ErrRateLimited, c.options.RequestsPerMinute, err)
	}
	if wait := time.Since(start); wait >= noticeableWait {
		c.options.Observer.Throttled(name, wait)
	}
	return nil
}

func (c *Client) newRequest(ctx context.Context, request call) (*http.Request, error) {
	target := c.origin + request.path
	if len(request.query) > 0 {
		target += "?" + request.query.Encode()
	}
	var body io.Reader
	var contentType string
	switch {
	case request.json != nil:
		content, err := json.Marshal(request.json)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		body, contentType = bytes.NewReader(content), "application/json"
	case request.form != nil:
		body, contentType = strings.NewReader(request.form.Encode()), "application/x-www-form-urlencoded"
	}
	message, err := http.NewRequestWithContext(ctx, request.method, target, body)
	if err != nil {
		return nil, err
	}
	message.Header.Set("Accept", "application/json")
	message.Header.Set("User-Agent", "vpsie-autoscaler")
	if contentType != "" {
		message.Header.Set("Content-Type", contentType)
	}
	return message, nil
}

func (c *Client) roundTrip(message *http.Request) (*http.Response, []byte, error) {
	response, err := c.http.Do(message)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReplyBytes+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read answer: %w", err)
	}
	if len(body) > maxReplyBytes {
		return nil, nil, fmt.Errorf("answer has more than %d bytes", maxReplyBytes)
	}
	return response, body, nil
}
