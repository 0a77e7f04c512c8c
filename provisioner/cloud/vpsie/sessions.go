package vpsie

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// loginPause is how long a login that failed is not tried again with the same credentials, so that an account is not locked and a
// cloud that is down not flooded.
const loginPause = 10 * time.Second

// sessions keeps the session that all requests share, and lets one login serve everybody who waits for it.
type sessions struct {
	logins *singleflight.Group

	mu      sync.Mutex
	current session
	failed  failedLogin
}

type failedLogin struct {
	credentials Credentials
	err         error
	until       time.Time
}

func newSessions() sessions { return sessions{logins: &singleflight.Group{}} }

// badge is what the next request shows. refused is the badge that VPSie has just turned down, or the zero value.
func (c *Client) badge(ctx context.Context, refused badge) (badge, error) {
	credentials, err := c.options.Credentials(ctx)
	if err == nil && !credentials.Complete() {
		err = errors.New("they are empty or lack a part")
	}
	if err != nil {
		return badge{}, fmt.Errorf("credentials: %w: %w", cloud.ErrUnauthorized, err)
	}
	if credentials.clientID == "" {
		return tokenBadge(credentials), nil
	}
	if kept, ok := c.sessions.fresh(credentials, refused); ok {
		return kept.badge, nil
	}
	err = c.openSession(ctx, credentials, refused)
	if err == nil {
		if kept, ok := c.sessions.valid(credentials, refused); ok {
			return kept.badge, nil
		}
		return badge{}, fmt.Errorf("%w: the session ended at once", cloud.ErrUnauthorized)
	}
	// The old token is good for some minutes yet when it is renewed in time, and a login that fails must not stop the work.
	if kept, ok := c.sessions.valid(credentials, refused); ok {
		return kept.badge, nil
	}
	return badge{}, c.notSent(err)
}

// openSession logs in, or waits for the login that is under way.
func (c *Client) openSession(ctx context.Context, credentials Credentials, refused badge) error {
	if err := c.sessions.recentFailure(credentials); err != nil {
		return err
	}
	done := c.sessions.logins.DoChan(credentials.clientID+"\n"+credentials.secret, func() (any, error) {
		if _, ok := c.sessions.fresh(credentials, refused); ok {
			return nil, nil // another login was quicker
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loginTimeout)
		defer cancel()
		opened, err := c.login(ctx, credentials)
		c.sessions.keep(credentials, opened, err)
		return nil, err
	})
	select {
	case result := <-done:
		return result.Err
	case <-ctx.Done():
		return fmt.Errorf("log in: %w: %w", cloud.ErrTransient, context.Cause(ctx))
	}
}

// fresh is the session of the credentials, if it need not be renewed yet.
func (s *sessions) fresh(credentials Credentials, refused badge) (session, bool) {
	kept, ok := s.valid(credentials, refused)
	return kept, ok && time.Now().Before(kept.renewAt)
}

// valid is the session of the credentials, if it has not ended.
func (s *sessions) valid(credentials Credentials, refused badge) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.current
	return kept, kept.credentials == credentials && kept.badge.value != refused.value && time.Now().Before(kept.endsAt)
}

// recentFailure is the error of a login that failed a moment ago.
func (s *sessions) recentFailure(credentials Credentials) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed.credentials == credentials && time.Now().Before(s.failed.until) {
		return s.failed.err
	}
	return nil
}

// keep remembers how a login ended. A login that failed leaves the session that there is.
func (s *sessions) keep(credentials Credentials, opened session, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.failed = failedLogin{credentials, err, time.Now().Add(loginPause)}
		return
	}
	s.current, s.failed = opened, failedLogin{}
}

// notSent makes an error prove that the request it kept back took no effect.
func (c *Client) notSent(err error) error {
	if cloud.Rejected(err) {
		return err
	}
	return fmt.Errorf("%w: %v", &cloud.UnavailableError{RetryAfter: loginPause}, err) //nolint:errorlint // ErrTransient would say that it may have taken effect
}
