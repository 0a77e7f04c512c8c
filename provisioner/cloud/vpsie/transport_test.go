package vpsie_test

import (
	"context"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

const listDatacenters = "GET /apps/v2/datacenter"

const oneDatacenter = `{"error":false,"total":3,"data":[
	{"identifier":"dc-1","dc_name":"Helsinki","is_active":1,"is_deleted":0},
	{"identifier":"dc-2","dc_name":"Closed","is_active":0,"is_deleted":0},
	{"identifier":"dc-3","dc_name":"Gone","is_active":1,"is_deleted":1}]}`

func TestDatacentersLeavesOutWhatIsClosed(t *testing.T) {
	a := newAPI()
	a.on(listDatacenters, answer(200, oneDatacenter))
	got, err := newClient(t, a).Datacenters(t.Context())
	if diff := cmp.Diff([]cloud.Datacenter{{ID: "dc-1", Name: "Helsinki"}}, got); err != nil || diff != "" {
		t.Errorf("error %v, data centres (-want +got):\n%s", err, diff)
	}
}

func limited(seconds string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", seconds)
		answer(429, `{"error":true,"message":"slow down"}`)(w, r)
	}
}

func TestReadsAreRepeatedWhenThatCanHelp(t *testing.T) {
	good, bad := answer(200, oneDatacenter), answer(503, "<html>")
	tests := map[string]struct {
		handler  http.HandlerFunc
		wantSent int
		want     error
	}{
		"three failures, then success": {answers(bad, bad, bad, good), 4, nil},
		"four failures":                {bad, 4, cloud.ErrTransient},
		"short Retry-After":            {answers(limited("3"), good), 2, nil},
		"short Retry-After for ever":   {limited("3"), 4, cloud.ErrRateLimited},
		"long Retry-After":             {limited("60"), 1, cloud.ErrRateLimited},
		"429 without Retry-After":      {limited(""), 1, cloud.ErrRateLimited},
		"refused credentials":          {answer(401, `{}`), 1, cloud.ErrUnauthorized},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAPI()
				a.on(listDatacenters, test.handler)
				_, err := newClient(t, a).Datacenters(t.Context())
				if !errors.Is(err, test.want) {
					t.Errorf("error %v, want %v", err, test.want)
				}
				if n := len(a.asked(listDatacenters)); n != test.wantSent {
					t.Errorf("sent %d times, want %d", n, test.wantSent)
				}
			})
		})
	}
}

func TestAReadGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI()
		a.on(listDatacenters, limited("5"))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err := newClient(t, a).Datacenters(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || len(a.asked(listDatacenters)) != 1 {
			t.Errorf("error %v after %d requests", err, len(a.asked(listDatacenters)))
		}
	})
}

func TestRequestsKeepTheRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, seen := newAPI(), &recorder{}
		a.on(createVM, answer(200, `{}`))
		o := options(a)
		o.RequestsPerMinute, o.Burst, o.Observer = 60, 2, seen
		client := newClientWith(t, o)
		start := time.Now()
		for range 5 {
			if err := client.Create(t.Context(), createRequest()); err != nil {
				t.Fatal(err)
			}
		}
		if spent := time.Since(start); spent != 3*time.Second || seen.throttled != spent {
			t.Errorf("5 requests took %v, %v of it reported; want 3s", spent, seen.throttled)
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := client.Create(ctx, createRequest()); !errors.Is(err, cloud.ErrRateLimited) || len(a.asked(createVM)) != 5 {
			t.Errorf("a call without time to wait: error %v, %d sent", err, len(a.asked(createVM)))
		}
	})
}

func TestTheObserverSeesEveryRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, seen := newAPI(), &recorder{}
		a.on(listDatacenters, answers(answer(500, `{"error":true}`), answer(200, oneDatacenter)))
		o := options(a)
		o.Observer = seen
		if _, err := newClientWith(t, o).Datacenters(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"ListDatacenters 500", "ListDatacenters 200"}, seen.calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		if len(seen.failed) != 1 || !errors.Is(seen.failed[0], cloud.ErrTransient) {
			t.Errorf("failed: %v", seen.failed)
		}
	})
}

func TestATransportFailureIsTransientAndReported(t *testing.T) {
	seen := &recorder{}
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close() // nobody listens there any more
	o := options(nil)
	o.URL, o.WrapTransport, o.Observer = server.URL, nil, seen
	err := newClientWith(t, o).Create(t.Context(), createRequest())
	if !errors.Is(err, cloud.ErrTransient) || cloud.Rejected(err) {
		t.Errorf("error %v, want ErrTransient", err)
	}
	if diff := cmp.Diff([]string{"CreateMachine error"}, seen.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestARequestThatHangsIsCutOff(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	o := options(nil)
	o.URL, o.WrapTransport, o.Timeout = server.URL, nil, 20*time.Millisecond
	if err := newClientWith(t, o).Create(t.Context(), createRequest()); !errors.Is(err, cloud.ErrTransient) {
		t.Errorf("error %v, want ErrTransient", err)
	}
}

func TestARedirectIsNotFollowedWithTheToken(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host was asked, with token %q", r.Header.Get("Vpsie-Auth"))
	}))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	o := options(nil)
	o.URL, o.WrapTransport = server.URL, nil
	if err := newClientWith(t, o).Create(t.Context(), createRequest()); !errors.Is(err, cloud.ErrTransient) {
		t.Errorf("error %v, want ErrTransient", err)
	}
}

func TestCAFileIsTrusted(t *testing.T) {
	server := httptest.NewTLSServer(answer(200, oneDatacenter))
	defer server.Close()
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(caFile, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	o := options(nil)
	o.URL, o.WrapTransport, o.CAFile = server.URL, nil, caFile
	if _, err := newClientWith(t, o).Datacenters(t.Context()); err != nil {
		t.Errorf("with the CA file: %v", err)
	}
	o.CAFile = ""
	if err := newClientWith(t, o).Create(t.Context(), createRequest()); !errors.Is(err, cloud.ErrTransient) {
		t.Errorf("without the CA file: %v, want ErrTransient", err)
	}
}

func TestCredentialFilesAreReadAgainForEveryRequest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	for name, test := range map[string]struct {
		source vpsie.CredentialSource
		want   func(string) vpsie.Credentials
	}{
		"token":  {vpsie.TokenFromFile(path), vpsie.APIToken},
		"client": {vpsie.ClientFromFile("client-1", path), func(secret string) vpsie.Credentials { return vpsie.APIClient("client-1", secret) }},
	} {
		_ = os.Remove(path)
		if _, err := test.source(t.Context()); err == nil {
			t.Errorf("%s: no error without a file", name)
		}
		for _, content := range []string{"first", "second"} {
			if err := os.WriteFile(path, []byte(content+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := test.source(t.Context()); got != test.want(content) || err != nil {
				t.Errorf("%s: got others than those of %q, %v", name, content, err)
			}
		}
	}
}
