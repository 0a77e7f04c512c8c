package httpapi

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// authenticated accepts either kind of token in either header.
func (a *API) authenticated(r *http.Request) bool {
	token := r.Header.Get("Vpsie-Auth")
	if token == "" {
		token, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	if token == "" {
		return false
	}
	for _, known := range a.options.Tokens {
		if same(token, known) {
			return true
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	end, issued := a.logins[token]
	return issued && time.Now().Before(end)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// loginToken is a token in the answer to a login.
type loginToken struct {
	Token   string `json:"token"`
	Expires string `json:"expires"` // RFC 3339
}

// login trades clientId and clientSecret, from a form or a JSON body, for a token.
func (a *API) login(w http.ResponseWriter, r *http.Request) {
	id, secret := credentials(r)
	open := a.options.ClientID != "" && a.options.ClientSecret != ""
	// Both comparisons always run, so that timing does not tell which of the two was wrong.
	matched := same(id, a.options.ClientID)
	matched = same(secret, a.options.ClientSecret) && matched
	if !open || !matched {
		replyError(w, http.StatusUnauthorized, "Invalid clientId or clientSecret")
		return
	}
	end := time.Now().Add(a.options.LoginLifetime)
	access := loginToken{Token: rand.Text(), Expires: end.UTC().Format(time.RFC3339)}
	a.mu.Lock()
	a.forgetExpired()
	a.logins[access.Token] = end
	a.mu.Unlock()
	reply(w, http.StatusOK, map[string]any{
		"error":       false,
		"accessToken": access,
		// Nothing accepts a refresh token: no client of the real API has ever used one.
		"refreshToken": loginToken{Token: rand.Text(), Expires: end.Add(a.options.LoginLifetime).UTC().Format(time.RFC3339)},
	})
}

// forgetExpired keeps the table of logins small; the lock is held.
func (a *API) forgetExpired() {
	for token, end := range a.logins {
		if !time.Now().Before(end) {
			delete(a.logins, token)
		}
	}
}

func credentials(r *http.Request) (id, secret string) {
	if mediaType(r) == "application/json" {
		var body struct {
			ClientID     string `json:"clientId"`
			ClientSecret string `json:"clientSecret"`
		}
		if json.NewDecoder(r.Body).Decode(&body) != nil {
			return "", ""
		}
		return body.ClientID, body.ClientSecret
	}
	return r.PostFormValue("clientId"), r.PostFormValue("clientSecret")
}
