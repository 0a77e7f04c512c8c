package vpsie

import (
	"context"
	"fmt"
	"sync"
)

// Rotating is a CredentialSource whose credentials are replaced while the client runs. Its zero value has none.
type Rotating struct {
	// Name says in errors where the credentials come from, such as "Secret vpsie-system/vpsie-credentials".
	Name string

	mu      sync.RWMutex
	current Credentials
}

// Credentials implements CredentialSource.
func (r *Rotating) Credentials(context.Context) (Credentials, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if !r.current.Complete() {
		return Credentials{}, fmt.Errorf("%s has given none yet", r.Name)
	}
	return r.current, nil
}

// Replace makes every later request use other credentials. Requests under way keep theirs.
func (r *Rotating) Replace(credentials Credentials) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current = credentials
}

// Names under which an Observer sees requests that are about credentials.
const (
	CallVerify = "VerifyCredentials" // of Verify
	CallLogin  = "Login"
)

// Verify asks VPSie whether it accepts credentials, those of the client or others, with one request that changes nothing and, for a
// client, a login. Nil means that they are good, and cloud.ErrUnauthorized that they are not; any other error proves nothing.
func (c *Client) Verify(ctx context.Context, credentials Credentials) error {
	badge, err := c.badgeOf(ctx, credentials)
	if err == nil {
		_, err = c.exchange(ctx, call{name: CallVerify, path: datacentersPath}, badge)
	}
	if err != nil {
		return fmt.Errorf("verify credentials: %w", err)
	}
	return nil
}

// badgeOf logs in for Verify without touching the session that other requests share.
func (c *Client) badgeOf(ctx context.Context, credentials Credentials) (badge, error) {
	if credentials.clientID == "" {
		return tokenBadge(credentials), nil
	}
	opened, err := c.login(ctx, credentials)
	if err != nil {
		return badge{}, err
	}
	return opened.badge, nil
}
