package vpsie

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

const maxReplyBytes = 10 << 20

// call is one request of the API.
type call struct {
	name    string // for Observer
	method  string // empty means GET
	path    string
	query   url.Values
	json    any        // the body, or
	form    url.Values // the body
	secrets []string   // what the body holds that no error may repeat
	// mayBeAbsent means that an answer without data is an empty list. It must not be set where an empty list makes something happen.
	mayBeAbsent bool
}

// verb is the HTTP method.
func (c call) verb() string {
	if c.method == "" {
		return http.MethodGet
	}
	return c.method
}

// deliver makes the HTTP request and reads its answer.
func (c *Client) deliver(ctx context.Context, request call, shown badge) (answer reply, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	ctx, span := c.startSpan(ctx, request)
	status := 0
	defer func() { endSpan(span, status, err) }()

	message, err := c.newRequest(ctx, request)
	if err != nil {
		return reply{}, fmt.Errorf("%w: %w", cloud.ErrInvalid, err)
	}
	if shown.header != "" {
		message.Header.Set(shown.header, shown.value)
	}
	start := time.Now()
	response, body, err := c.roundTrip(message)
	if err != nil {
		c.options.Observer.Call(request.name, "error", time.Since(start))
		return reply{}, outageError{fmt.Errorf("%w: %w", cloud.ErrTransient, err)}
	}
	status = response.StatusCode
	c.options.Observer.Call(request.name, strconv.Itoa(status), time.Since(start))
	return parseReply(response, body, slices.Concat(shown.secrets, request.secrets))
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
	message, err := http.NewRequestWithContext(ctx, request.verb(), target, body)
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
