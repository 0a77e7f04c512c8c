package httpapi

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// caller returns the token of a call, and whether it lets the call in.
func (a *API) caller(r *http.Request) (token string, known bool) {
	inAccess := r.Header.Get("Vpsie-Auth")
	inBearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if inAccess != "" {
		token = inAccess
	} else {
		token = inBearer
	}
	strict := a.options.StrictHeaders
	switch {
	case token == "":
		return "", false
	case a.isAccessToken(token):
		return token, !strict || inAccess != ""
	case a.isLoginToken(token):
		return token, !strict || inAccess == ""
	}
	return token, false
}

func (a *API) isAccessToken(token string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.ContainsFunc(a.tokens, func(known string) bool { return same(token, known) })
}

func (a *API) isLoginToken(token string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	end, issued := a.logins[token]
	return issued && time.Now().Before(end)
}

// SetTokens replaces the access tokens that are accepted, as the owner of the account might at any time.
func (a *API) SetTokens(tokens []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens = slices.Clone(tokens)
}

// ExpireLogins ends every token that a login has given out.
func (a *API) ExpireLogins() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.logins)
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
		replyError(w, http.StatusUnauthorized, MessageLoginRejected)
		return
	}
	end := time.Now().Add(a.options.LoginLifetime)
	access := loginToken{Token: rand.Text(), Expires: end.UTC().Format(time.RFC3339)}
	a.mu.Lock()
	a.forgetExpired()
	a.logins[access.Token] = end
	a.mu.Unlock()
	// Nothing accepts a refresh token: no client of the real API has ever used one.
	refresh := loginToken{Token: rand.Text(), Expires: end.Add(a.options.LoginLifetime).UTC().Format(time.RFC3339)}
	if a.options.NestedLogin {
		reply(w, http.StatusOK, map[string]any{"error": false, "token": map[string]any{"access": access, "refresh": refresh}})
		return
	}
	reply(w, http.StatusOK, map[string]any{"error": false, "accessToken": access, "refreshToken": refresh})
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
