package postfilter

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
	"github.com/vpsie/vpsie-autoscaler/internal/localca"
)

var anyReport = &diagnosis.Report{Pods: []diagnosis.Pod{{UID: "u"}}}

// listenOn serves on an address of the loopback, on the port of the other listener if there is one.
func listenOn(t *testing.T, host string, beside *httptest.Server, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	port := "0"
	if beside != nil {
		_, port, _ = net.SplitHostPort(beside.Listener.Addr().String())
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// courierTo delivers to the addresses that a name stands for.
func courierTo(t *testing.T, args Args, addresses ...string) *courier {
	t.Helper()
	args.fill()
	args.Timeout.Duration = time.Minute
	c, err := newCourier(args, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	c.book.lookup = func(context.Context, string) ([]string, error) { return addresses, nil }
	return c
}

// counting answers with a status and counts the reports.
func counting(got *atomic.Int64, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		got.Add(1)
		w.WriteHeader(status)
	}
}

func TestEveryAddressGetsTheReport(t *testing.T) {
	var one, two atomic.Int64
	first := listenOn(t, "127.0.0.1", nil, counting(&one, 204))
	listenOn(t, "127.0.0.2", first, counting(&two, 204))
	_, port, _ := net.SplitHostPort(first.Listener.Addr().String())
	c := courierTo(t, Args{Endpoint: "http://localhost:" + port}, "127.0.0.1", "127.0.0.2")
	for range 2 {
		if err := c.deliver(t.Context(), anyReport); err != nil {
			t.Fatal(err)
		}
	}
	if one.Load() != 2 || two.Load() != 2 {
		t.Errorf("the addresses got %d and %d reports, want 2 each", one.Load(), two.Load())
	}
}

func TestAnAddressThatFailsKeepsNobodyFromTheReport(t *testing.T) {
	var good, bad atomic.Int64
	first := listenOn(t, "127.0.0.1", nil, counting(&good, 204))
	listenOn(t, "127.0.0.2", first, counting(&bad, 500))
	_, port, _ := net.SplitHostPort(first.Listener.Addr().String())
	c := courierTo(t, Args{Endpoint: "http://localhost:" + port}, "127.0.0.1", "127.0.0.2", "127.0.0.3")
	c.book.pauses = map[string]pause{"127.0.0.2": {length: time.Hour}} // its next pause outlasts the test
	for range 3 {
		if err := c.deliver(t.Context(), anyReport); err != nil {
			t.Error(err)
		}
	}
	if good.Load() != 3 || bad.Load() != 1 {
		t.Errorf("the good address got %d reports, the bad one %d, want 3, and 1 before it is left alone", good.Load(), bad.Load())
	}
}

func TestAReportThatNobodyTookFails(t *testing.T) {
	var bad atomic.Int64
	server := listenOn(t, "127.0.0.1", nil, counting(&bad, 200)) // what a stranger answers
	c := courierTo(t, Args{Endpoint: server.URL}, "127.0.0.1")
	if err := c.deliver(t.Context(), anyReport); err == nil || !strings.Contains(err.Error(), "answered 200") {
		t.Errorf("error %v, want one that tells the answer", err)
	}
	c.book.pauses["127.0.0.1"] = pause{length: time.Hour, until: time.Now().Add(time.Hour)}
	if err := c.deliver(t.Context(), anyReport); !errors.Is(err, errNobody) || bad.Load() != 1 {
		t.Errorf("error %v after %d posts, want errNobody and no second post", err, bad.Load())
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	var elsewhere atomic.Int64
	other := listenOn(t, "127.0.0.1", nil, counting(&elsewhere, 204))
	server := listenOn(t, "127.0.0.1", nil, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	if err := courierTo(t, Args{Endpoint: server.URL}, "127.0.0.1").deliver(t.Context(), anyReport); err == nil || elsewhere.Load() > 0 {
		t.Errorf("error %v, %d reports elsewhere", err, elsewhere.Load())
	}
}

func TestAddressesThatFailAreLeftAloneForLongerAndLonger(t *testing.T) {
	start := time.Now()
	at := start.Add
	found, failure := []string{"a", "b"}, error(nil)
	book := newAddressBook("name", func(_ context.Context, host string) ([]string, error) { return found, failure })
	usable := func(now time.Time) []string {
		t.Helper()
		addresses, err := book.usable(t.Context(), now)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(addresses)
		return addresses
	}
	expect := func(what string, now time.Time, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, usable(now)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	expect("at first", start, "a", "b")
	if !book.note("b", false, start) || book.note("a", true, start) {
		t.Error("want b to have changed, and a not")
	}
	expect("after a failure", at(time.Second-1), "a")
	expect("a second after it", at(time.Second), "a", "b")
	if book.note("b", false, at(time.Second)) {
		t.Error("b has not changed: it failed before")
	}
	expect("after the second failure", at(3*time.Second-1), "a")
	for range 10 {
		book.note("b", false, at(3*time.Second))
	}
	expect("after many failures", at(13*time.Second-1), "a")
	expect("the longest pause later", at(13*time.Second), "a", "b")
	if !book.note("b", true, at(13*time.Second)) {
		t.Error("b works again, which is a change")
	}

	found = []string{"b", "c"}
	expect("before the name is looked up again", at(13*time.Second+9*time.Second), "a", "b")
	expect("after", at(13*time.Second+10*time.Second), "b", "c")
	if book.note("a", false, at(24*time.Second)) {
		t.Error("an address that is gone has changed")
	}
	failure = errors.New("no name server")
	expect("when the name cannot be looked up", at(time.Hour), "b", "c")
	empty := newAddressBook("name", func(context.Context, string) ([]string, error) { return nil, failure })
	if _, err := empty.usable(t.Context(), start); !errors.Is(err, failure) {
		t.Errorf("error %v, want that of the name server", err)
	}
}

// The addresses are numbers: the certificate must be valid for the name, and ours is read again when it is renewed.
func TestBothSidesShowWhoTheyAre(t *testing.T) {
	dir := t.TempDir()
	ours, theirs := newAuthority(t), newAuthority(t)
	caFile := write(t, dir, "ca.crt", ours.PEM())
	issue := func(authority *localca.Authority) (certFile, keyFile string) {
		cert, key, err := authority.Issue("client", x509.ExtKeyUsageClientAuth)
		if err != nil {
			t.Fatal(err)
		}
		return write(t, dir, "client.crt", cert), write(t, dir, "client.key", key)
	}
	var got atomic.Int64
	server := httptest.NewUnstartedServer(counting(&got, 204))
	cert, key, err := ours.Issue("server", x509.ExtKeyUsageServerAuth)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	clients := x509.NewCertPool()
	clients.AddCert(ours.Certificate)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}
	server.StartTLS()
	defer server.Close()
	endpoint := strings.Replace(server.URL, "127.0.0.1", "receiver.example", 1)
	certFile, keyFile := issue(ours)
	deliver := func(args Args) error {
		args.Endpoint = endpoint
		c := courierTo(t, args, "127.0.0.1")
		defer c.client.CloseIdleConnections()
		return c.deliver(t.Context(), anyReport)
	}
	whole := Args{CAFile: caFile, CertFile: certFile, KeyFile: keyFile, ServerName: "localhost"}
	if err := deliver(whole); err != nil {
		t.Errorf("with everything right: %v", err)
	}
	for what, alter := range map[string]func(*Args){
		"another name":    func(a *Args) { a.ServerName = "" },
		"nobody to trust": func(a *Args) { a.CAFile = "" },
		"somebody else":   func(a *Args) { a.CAFile = write(t, dir, "other.crt", theirs.PEM()) },
		"nothing to show": func(a *Args) { a.CertFile, a.KeyFile = "", "" },
	} {
		args := whole
		alter(&args)
		if err := deliver(args); err == nil {
			t.Errorf("%s: the report was delivered", what)
		}
	}
	args := whole
	args.Endpoint = endpoint
	c := courierTo(t, args, "127.0.0.1")
	issue(theirs)
	if err := c.deliver(t.Context(), anyReport); err == nil {
		t.Error("delivered with a certificate of another authority")
	}
	issue(ours)
	c.book = newAddressBook("", c.book.lookup) // without waiting for the pause
	if err := c.deliver(t.Context(), anyReport); err != nil {
		t.Errorf("with a renewed certificate: %v", err)
	}
	if got.Load() != 2 {
		t.Errorf("%d reports arrived, want 2", got.Load())
	}
}

func newAuthority(t *testing.T) *localca.Authority {
	t.Helper()
	authority, err := localca.New("authority", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return authority
}

func write(t *testing.T, dir, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
