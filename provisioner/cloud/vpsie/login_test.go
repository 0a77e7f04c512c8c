package vpsie_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

const (
	login        = "POST /apps/v2/auth/from/api"
	clientSecret = "sec ret/77+x"
)

// desk is the login of an API: it gives out the tokens session-1, session-2, ... and knows which of them are good.
type desk struct {
	given   atomic.Int32
	oldest  atomic.Int32 // the first token that is still good
	expires func() string
}

func (d *desk) serve(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("clientId") != "client-1" || r.PostFormValue("clientSecret") != clientSecret {
		answer(401, `{"error":true,"code":401,"message":"Please authenticate"}`)(w, r)
		return
	}
	expires := ""
	if d.expires != nil {
		expires = d.expires()
	}
	fmt.Fprintf(w, `{"error":false,"accessToken":{"token":"session-%d","expires":%q},"refreshToken":{"token":"refresh","expires":"x"}}`,
		d.given.Add(1), expires)
}

// guard lets a handler answer only those who show a good token.
func (d *desk) guard(handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var shown int32
		if _, err := fmt.Sscanf(r.Header.Get("Authorization"), "Bearer session-%d", &shown); err != nil || shown < d.oldest.Load() {
			handler = answer(401, `{"error":true,"message":"Please authenticate"}`)
			handler(w, r)
			return
		}
		handler(w, r)
	}
}

// refuseOld makes all tokens that were given out so far bad.
func (d *desk) refuseOld() { d.oldest.Store(d.given.Load() + 1) }

// withLogin is an API behind a login, and options that log in.
func withLogin() (*api, *desk, vpsie.Options) {
	a, d := newAPI(), &desk{}
	a.on(login, d.serve)
	a.on(listDatacenters, func(w http.ResponseWriter, r *http.Request) { d.guard(answer(200, oneDatacenter))(w, r) })
	a.on(createVM, func(w http.ResponseWriter, r *http.Request) {
		d.guard(answer(200, `{"error":false,"data":true}`))(w, r)
	})
	o := options(a)
	o.Credentials = static(vpsie.APIClient("client-1", clientSecret))
	return a, d, o
}

func TestAClientLogsInWithAFormAndShowsItsToken(t *testing.T) {
	a, _, o := withLogin()
	client := newClientWith(t, o)
	for range 3 {
		if _, err := client.Datacenters(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	logins := a.asked(login)
	if len(logins) != 1 {
		t.Fatalf("%d logins", len(logins))
	}
	form, err := url.ParseQuery(logins[0].body)
	if diff := cmp.Diff(url.Values{"clientId": {"client-1"}, "clientSecret": {clientSecret}}, form); err != nil || diff != "" {
		t.Errorf("form %v (-want +got):\n%s", err, diff)
	}
	if h := logins[0].header; h.Get("Content-Type") != "application/x-www-form-urlencoded" || h.Get("Authorization") != "" {
		t.Errorf("headers of the login: %v", h)
	}
	for _, sent := range a.asked(listDatacenters) {
		if sent.header.Get("Authorization") != "Bearer session-1" || sent.header.Get("Vpsie-Auth") != "" {
			t.Errorf("headers: %v", sent.header)
		}
	}
}

func TestBothShapesOfALoginAreRead(t *testing.T) {
	for name, body := range map[string]string{
		"accessToken":  `{"error":false,"accessToken":{"token":"session-1","expires":"2099-01-01T00:00:00Z"},"refreshToken":null}`,
		"token.access": `{"error":false,"token":{"access":{"token":"session-1","expires":"2099-01-01T00:00:00Z"},"refresh":{"token":"r"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			a, _, o := withLogin()
			a.on(login, answer(200, body))
			if _, err := newClientWith(t, o).Datacenters(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestATokenIsRenewedBeforeItEnds(t *testing.T) {
	in := func(d time.Duration) func() string {
		return func() string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	}
	tests := map[string]struct {
		expires func() string
		want    time.Duration // when the next login takes place
	}{
		"two hours":          {in(2 * time.Hour), 2*time.Hour - 5*time.Minute},
		"eight minutes":      {in(8 * time.Minute), 4 * time.Minute},
		"ten seconds":        {in(10 * time.Second), 5 * time.Second},
		"not told":           {nil, 55 * time.Minute},
		"not readable":       {func() string { return "tomorrow" }, 55 * time.Minute},
		"wrong by the clock": {in(-time.Hour), 55 * time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, d, o := withLogin()
				d.expires = test.expires
				client := newClientWith(t, o)
				ask := func(wantLogins int32) {
					t.Helper()
					if _, err := client.Datacenters(t.Context()); err != nil {
						t.Fatal(err)
					}
					if got := d.given.Load(); got != wantLogins {
						t.Errorf("%d logins, want %d", got, wantLogins)
					}
				}
				ask(1)
				time.Sleep(test.want - time.Nanosecond)
				ask(1)
				time.Sleep(time.Nanosecond)
				ask(2)
			})
		})
	}
}

func TestAnOldTokenServesWhileItsRenewalFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _, o := withLogin() // the token lasts an hour
		o.BreakerFailures = 1000
		client := newClientWith(t, o)
		ask := func() error { _, err := client.Datacenters(t.Context()); return err }
		if err := ask(); err != nil {
			t.Fatal(err)
		}
		a.on(login, answer(502, "<html>"))
		time.Sleep(58 * time.Minute)
		if err := ask(); err != nil {
			t.Errorf("two minutes before its end: %v", err)
		}
		if err := ask(); err != nil || len(a.asked(login)) != 5 {
			t.Errorf("error %v after %d logins; want the four of the renewal and no more for a while", err, len(a.asked(login)))
		}
		time.Sleep(3 * time.Minute)
		var unavailable *cloud.UnavailableError
		if err := ask(); !errors.As(err, &unavailable) || unavailable.RetryAfter <= 0 || errors.Is(err, cloud.ErrTransient) {
			t.Errorf("after its end: %v, want ErrUnavailable, as nothing was sent", err)
		}
	})
}

func TestAHundredCallsNeedOneLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d, o := withLogin()
		a.on(login, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			d.serve(w, r)
		})
		o.RequestsPerMinute = 10_000
		client := newClientWith(t, o)
		storm := func() {
			t.Helper()
			var all sync.WaitGroup
			for range 100 {
				all.Go(func() {
					if _, err := client.Datacenters(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
		storm()
		if n := len(a.asked(login)); n != 1 {
			t.Errorf("%d logins at the start", n)
		}
		d.refuseOld()
		storm()
		if n := len(a.asked(login)); n != 2 {
			t.Errorf("%d logins after all calls were refused, want one more", n)
		}
	})
}

func TestARefusedCallIsSentOnceMoreAfterALogin(t *testing.T) {
	calls := map[string]struct {
		name string
		do   func(*vpsie.Client) error
	}{
		"read":   {listDatacenters, func(c *vpsie.Client) error { _, err := c.Datacenters(t.Context()); return err }},
		"create": {createVM, func(c *vpsie.Client) error { return c.Create(t.Context(), createRequest()) }},
	}
	for name, test := range calls {
		t.Run(name, func(t *testing.T) {
			a, d, o := withLogin()
			client := newClientWith(t, o)
			if err := test.do(client); err != nil {
				t.Fatal(err)
			}
			d.refuseOld()
			if err := test.do(client); err != nil || len(a.asked(login)) != 2 || len(a.asked(test.name)) != 3 {
				t.Errorf("error %v after %d logins and %d calls, want 2 and 3", err, len(a.asked(login)), len(a.asked(test.name)))
			}
			d.oldest.Store(1000) // whatever it logs in for
			err := test.do(client)
			if !errors.Is(err, cloud.ErrUnauthorized) || len(a.asked(login)) != 3 || len(a.asked(test.name)) != 5 {
				t.Errorf("error %v after %d logins and %d calls, want ErrUnauthorized, 3 and 5", err, len(a.asked(login)), len(a.asked(test.name)))
			}
		})
	}
}

func TestATokenIsSentAgainOnlyWhenTheSourceHasAnother(t *testing.T) {
	a := newAPI()
	a.on(createVM, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Vpsie-Auth") != "new" {
			answer(401, `{"error":true,"message":"Please authenticate"}`)(w, r)
		}
	})
	held := &vpsie.Rotating{}
	o := options(a)
	o.Credentials = held.Credentials
	client := newClientWith(t, o)

	held.Replace(vpsie.APIToken("old"))
	if err := client.Create(t.Context(), createRequest()); !errors.Is(err, cloud.ErrUnauthorized) || len(a.asked(createVM)) != 1 {
		t.Errorf("error %v after %d calls, want a single one", err, len(a.asked(createVM)))
	}
	a.on(createVM, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Vpsie-Auth") == "old" {
			held.Replace(vpsie.APIToken("new")) // while the call is under way
			answer(401, `{}`)(w, r)
		}
	})
	if err := client.Create(t.Context(), createRequest()); err != nil || len(a.asked(createVM)) != 3 {
		t.Errorf("error %v after %d calls, want one more with the new token", err, len(a.asked(createVM)))
	}
	if len(a.asked(login)) != 0 {
		t.Error("a token was logged in with")
	}
}

func TestAForbiddenCallIsNoReasonToLogIn(t *testing.T) {
	a, _, o := withLogin()
	a.on(createVM, answer(403, `{"error":true,"message":"not yours"}`))
	if err := newClientWith(t, o).Create(t.Context(), createRequest()); !errors.Is(err, cloud.ErrUnauthorized) {
		t.Errorf("error %v", err)
	}
	if len(a.asked(login)) != 1 || len(a.asked(createVM)) != 1 {
		t.Errorf("%d logins and %d calls", len(a.asked(login)), len(a.asked(createVM)))
	}
}

func TestALoginThatFailsSendsNothing(t *testing.T) {
	tests := map[string]struct {
		handler    http.HandlerFunc
		want       error
		wantLogins int
	}{
		"401":                   {answer(401, `{"error":true,"message":"Please authenticate"}`), cloud.ErrUnauthorized, 1},
		"error under 200":       {answer(200, `{"error":true,"message":"wrong client"}`), cloud.ErrUnauthorized, 1},
		"error with code":       {answer(200, `{"error":true,"code":400,"message":"wrong client"}`), cloud.ErrUnauthorized, 1},
		"404":                   {answer(404, `{"error":true,"message":"client not found"}`), cloud.ErrUnauthorized, 1},
		"no token":              {answer(200, `{"error":false,"data":true}`), cloud.ErrUnavailable, 1},
		"a gateway's error":     {answer(502, `<html>`), cloud.ErrUnavailable, 4},
		"a gateway's, one time": {answers(answer(502, `<html>`), answer(200, `{"accessToken":{"token":"session-1"}}`)), nil, 2},
		"rate limit":            {limited("60"), cloud.ErrRateLimited, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, _, o := withLogin()
				a.on(login, test.handler)
				client := newClientWith(t, o)
				err := client.Create(t.Context(), createRequest())
				if !errors.Is(err, test.want) || test.want != nil && !cloud.Rejected(err) {
					t.Errorf("error %v, want %v", err, test.want)
				}
				if n := len(a.asked(createVM)); (n == 0) != (test.want != nil) {
					t.Errorf("%d creates were sent", n)
				}
				// Nor does the next call try again at once.
				if err := client.Create(t.Context(), createRequest()); !errors.Is(err, test.want) {
					t.Errorf("second call: error %v, want %v", err, test.want)
				}
				if n := len(a.asked(login)); n != test.wantLogins {
					t.Errorf("%d logins, want %d", n, test.wantLogins)
				}
			})
		})
	}
}

func TestARefusedLoginIsTriedAgainAfterAWhileOrWithOtherCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _, o := withLogin()
		held := &vpsie.Rotating{}
		o.Credentials = held.Credentials
		client := newClientWith(t, o)
		held.Replace(vpsie.APIClient("client-1", "wrong"))
		for _, pause := range []time.Duration{0, 10*time.Second - 1, 1} {
			time.Sleep(pause)
			if err := client.Create(t.Context(), createRequest()); !errors.Is(err, cloud.ErrUnauthorized) {
				t.Errorf("error %v", err)
			}
		}
		if n := len(a.asked(login)); n != 2 {
			t.Errorf("%d logins, want one at the start and one after ten seconds", n)
		}
		held.Replace(vpsie.APIClient("client-1", clientSecret))
		if err := client.Create(t.Context(), createRequest()); err != nil {
			t.Errorf("with the right ones: %v", err)
		}
	})
}

func TestOtherCredentialsAreLoggedInWithAtOnce(t *testing.T) {
	a, d, o := withLogin()
	held := &vpsie.Rotating{}
	held.Replace(vpsie.APIClient("client-1", clientSecret))
	o.Credentials = held.Credentials
	client := newClientWith(t, o)
	if _, err := client.Datacenters(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.on(login, func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("clientId") != "client-2" {
			t.Error("the old client logged in once more")
		}
		fmt.Fprintf(w, `{"accessToken":{"token":"session-%d"}}`, d.given.Add(1))
	})
	held.Replace(vpsie.APIClient("client-2", "other"))
	if _, err := client.Datacenters(t.Context()); err != nil || len(a.asked(login)) != 2 {
		t.Errorf("error %v after %d logins", err, len(a.asked(login)))
	}
}

func TestACallDoesNotWaitForALoginLongerThanItsContextLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d, o := withLogin()
		a.on(login, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(5 * time.Second)
			d.serve(w, r)
		})
		client := newClientWith(t, o)
		ctx, cancel := contextWithTimeout(t, time.Second)
		defer cancel()
		start := time.Now()
		err := client.Create(ctx, createRequest())
		if !errors.Is(err, cloud.ErrUnavailable) || time.Since(start) != time.Second {
			t.Errorf("error %v after %v", err, time.Since(start))
		}
		time.Sleep(10 * time.Second) // the login goes on for those to come
		if err := client.Create(t.Context(), createRequest()); err != nil || len(a.asked(login)) != 1 {
			t.Errorf("error %v after %d logins", err, len(a.asked(login)))
		}
	})
}

func TestVerifyAsksWithTheGivenCredentialsAndLeavesTheOthersAlone(t *testing.T) {
	a, d, o := withLogin()
	client := newClientWith(t, o)
	if _, err := client.Datacenters(t.Context()); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		credentials vpsie.Credentials
		want        error
	}{
		"good client":  {vpsie.APIClient("client-1", clientSecret), nil},
		"wrong client": {vpsie.APIClient("client-1", "wrong"), cloud.ErrUnauthorized},
		"wrong token":  {vpsie.APIToken("wrong"), cloud.ErrUnauthorized},
	}
	for name, test := range tests {
		before := len(a.asked(listDatacenters))
		if err := client.Verify(t.Context(), test.credentials); !errors.Is(err, test.want) {
			t.Errorf("%s: error %v, want %v", name, err, test.want)
		}
		if len(a.asked(listDatacenters)) > before+1 {
			t.Errorf("%s: asked more than once", name)
		}
	}
	a.on(listDatacenters, answer(503, "<html>"))
	if err := client.Verify(t.Context(), vpsie.APIToken("any")); !errors.Is(err, cloud.ErrTransient) || errors.Is(err, cloud.ErrUnauthorized) {
		t.Errorf("an outage: error %v", err)
	}
	given := d.given.Load()
	if err := client.Create(t.Context(), createRequest()); err != nil || d.given.Load() != given {
		t.Errorf("the shared session was lost: error %v, %d logins more", err, d.given.Load()-given)
	}
}

func TestCredentialsAreNotPrinted(t *testing.T) {
	for _, credentials := range []vpsie.Credentials{vpsie.APIToken("hunter2"), vpsie.APIClient("hunter2", "hunter2")} {
		held := struct{ Inner *vpsie.Credentials }{&credentials}
		for _, text := range []string{
			fmt.Sprint(credentials), fmt.Sprintf("%+v %#v %s %q %x %d", credentials, credentials, credentials, credentials, credentials, credentials),
			fmt.Sprintf("%+v %#v", &credentials, held.Inner), fmt.Sprint(errors.New(fmt.Sprint(credentials))),
		} {
			if strings.Contains(text, "hunter2") || strings.Contains(text, "68756e746572") {
				t.Errorf("printed: %s", text)
			}
		}
	}
}
