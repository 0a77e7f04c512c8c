package vpsie_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

const token = "tok-Secret.123"

// api is an in-memory VPSie: it answers from a table of handlers and remembers what it was asked. Because no socket is
// involved, it works on the virtual clock of synctest.
type api struct {
	mu       sync.Mutex
	handlers map[string]http.HandlerFunc
	other    http.HandlerFunc // for what has no handler; nil is a 404
	requests []request
}

type request struct {
	name   string // method and path
	query  url.Values
	header http.Header
	body   string
}

func newAPI() *api { return &api{handlers: map[string]http.HandlerFunc{}} }

// on sets the handler of "METHOD /path".
func (a *api) on(name string, handler http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.handlers[name] = handler
}

// RoundTrip implements http.RoundTripper.
func (a *api) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	name := r.Method + " " + r.URL.Path
	a.mu.Lock()
	a.requests = append(a.requests, request{name, r.URL.Query(), r.Header.Clone(), string(body)})
	handler, ok := a.handlers[name]
	a.mu.Unlock()
	if !ok && a.other != nil {
		handler = a.other
	} else if !ok {
		handler = answer(http.StatusNotFound, `{"error":true,"message":"Not found"}`)
	}
	recorder := httptest.NewRecorder()
	handler(recorder, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

// asked lists the requests of one name.
func (a *api) asked(name string) []request {
	a.mu.Lock()
	defer a.mu.Unlock()
	var found []request
	for _, r := range a.requests {
		if r.name == name {
			found = append(found, r)
		}
	}
	return found
}

// answer is a handler that always says the same.
func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// slow is a handler that takes its time, or what its caller gives it.
func slow(d time.Duration) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
		case <-r.Context().Done():
		}
	}
}

// answers is a handler that says one thing after the other, and the last one for ever.
func answers(handlers ...http.HandlerFunc) http.HandlerFunc {
	next := 0
	return func(w http.ResponseWriter, r *http.Request) {
		handlers[min(next, len(handlers)-1)](w, r)
		next++
	}
}

func options(a *api) vpsie.Options {
	return vpsie.Options{
		Credentials:   static(vpsie.APIToken(token)),
		ProjectID:     "71128",
		ImageID:       "image-1",
		WrapTransport: func(http.RoundTripper) http.RoundTripper { return a },
	}
}

// static is a source that always gives the same credentials.
func static(credentials vpsie.Credentials) vpsie.CredentialSource {
	return func(context.Context) (vpsie.Credentials, error) { return credentials, nil }
}

func newClient(t *testing.T, a *api) *vpsie.Client {
	t.Helper()
	return newClientWith(t, options(a))
}

func newClientWith(t *testing.T, o vpsie.Options) *vpsie.Client {
	t.Helper()
	client, err := vpsie.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func decode(t *testing.T, body string) map[string]any {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(body), &members); err != nil {
		t.Fatalf("body %q: %v", body, err)
	}
	return members
}

// recorder is an Observer that remembers.
type recorder struct {
	mu        sync.Mutex
	calls     []string
	failed    []error
	throttled time.Duration
	breaker   []string
}

func (r *recorder) Call(method, status string, _ time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, method+" "+status)
}

func (r *recorder) Failed(_ string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = append(r.failed, err)
}

func (r *recorder) Throttled(_ string, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.throttled += wait
}

func (r *recorder) BreakerChanged(from, to string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.breaker = append(r.breaker, from+" "+to)
}
