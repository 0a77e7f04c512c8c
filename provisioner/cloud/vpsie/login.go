package vpsie

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

const (
	loginPath = "/apps/v2/auth/from/api"
	// loginTimeout limits a login, which outlives the context of whoever started it.
	loginTimeout = time.Minute
	// sessionLifetime is how long a token lasts whose end VPSie did not tell in a way that can be read.
	sessionLifetime = time.Hour
	// renewBefore is how long before its end a token is replaced; half of its life when that is less.
	renewBefore = 5 * time.Minute
)

// badge is what a request shows to be let in. The zero value is that of a login.
type badge struct {
	header, value string
	secrets       []string // what no error may repeat
}

// tokenBadge shows an API token.
func tokenBadge(credentials Credentials) badge {
	return badge{header: "Vpsie-Auth", value: credentials.token, secrets: []string{credentials.token}}
}

// session is what a login gave.
type session struct {
	credentials Credentials
	badge       badge
	renewAt     time.Time
	endsAt      time.Time
}

// tokenRecord is a token in the answer to a login.
type tokenRecord struct {
	Token   text `json:"token"`
	Expires text `json:"expires"`
}

// login opens a session. It changes nothing at VPSie, so it is repeated after transient failures.
func (c *Client) login(ctx context.Context, credentials Credentials) (session, error) {
	answer, err := c.repeat(ctx, func() (reply, error) {
		answer, err := c.exchange(ctx, call{
			name: CallLogin, method: http.MethodPost, path: loginPath,
			form:    url.Values{"clientId": {credentials.clientID}, "clientSecret": {credentials.secret}},
			secrets: []string{credentials.secret, credentials.clientID},
		}, badge{})
		return answer, refusedLogin(err)
	})
	if err != nil {
		return session{}, fmt.Errorf("log in: %w", err)
	}
	token := answer.accessToken()
	if token.Token == "" {
		return session{}, fmt.Errorf("log in: %w: the answer holds no access token", cloud.ErrTransient)
	}
	opened := session{
		credentials: credentials,
		badge: badge{
			header: "Authorization", value: "Bearer " + string(token.Token),
			secrets: []string{string(token.Token), credentials.secret},
		},
	}
	lifetime := lifetimeOf(string(token.Expires))
	opened.endsAt = time.Now().Add(lifetime)
	opened.renewAt = opened.endsAt.Add(-min(renewBefore, lifetime/2))
	return opened, nil
}

// refusedLogin reads a login that VPSie refused in whatever words as refused credentials: it was asked nothing but who we are. An
// outage, a limit and a caller that left say nothing about them.
func refusedLogin(err error) error {
	var outage outageError
	refused := errors.Is(err, cloud.ErrInvalid) || errors.Is(err, cloud.ErrNotFound) ||
		errors.Is(err, cloud.ErrTransient) && !errors.As(err, &outage)
	if !refused {
		return err
	}
	return fmt.Errorf("%w: %v", cloud.ErrUnauthorized, err) //nolint:errorlint // what it was called before does not matter
}

// lifetimeOf reads when a token ends. A time in the past comes from a clock that is wrong, and says nothing.
func lifetimeOf(expires string) time.Duration {
	end, err := time.Parse(time.RFC3339, expires)
	if left := time.Until(end); err == nil && left > 0 {
		return left
	}
	return sessionLifetime
}

// accessToken finds the token in either shape that is on record: accessToken, or token.access.
func (r reply) accessToken() tokenRecord {
	var found tokenRecord
	if json.Unmarshal(r.AccessToken, &found) == nil && found.Token != "" {
		return found
	}
	var nested struct {
		Access tokenRecord `json:"access"`
	}
	if json.Unmarshal(r.Token, &nested) == nil {
		return nested.Access
	}
	return tokenRecord{}
}
