package chaos

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/extender"
	"github.com/vpsie/vpsie-autoscaler/internal/localca"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/kubescheduler"
)

// faulty stands in for the extender, over mutual TLS, and counts who asks about what.
type faulty struct {
	server *httptest.Server

	mu    sync.Mutex
	calls map[call]int
}

// call is what the scheduler asks about one pod.
type call struct{ verb, pod string }

// serve runs a stand-in until the test ends and makes the scheduler ask it. Whatever hangs in the handler must end with the request.
func serve(t *testing.T, configuration kubescheduler.Configuration, handler http.Handler) *faulty {
	t.Helper()
	f := &faulty{calls: map[call]int{}}
	f.server = httptest.NewUnstartedServer(f.counting(handler))
	f.server.EnableHTTP2 = true
	f.server.TLS = mutualTLS(t, configuration)
	f.server.StartTLS()
	t.Cleanup(func() {
		f.server.CloseClientConnections()
		f.server.Close()
	})
	configuration.Extender()["urlPrefix"] = f.server.URL + extender.PathPrefix
	return f
}

// mutualTLS is the server's side; the scheduler's side goes into the configuration.
func mutualTLS(t *testing.T, configuration kubescheduler.Configuration) *tls.Config {
	t.Helper()
	authority, err := localca.New("chaos", time.Hour)
	must(t, err)
	cert, key, err := authority.Issue("vpsie-extender", x509.ExtKeyUsageServerAuth)
	must(t, err)
	pair, err := tls.X509KeyPair(cert, key)
	must(t, err)
	clientCert, clientKey, err := authority.Issue("kube-scheduler", x509.ExtKeyUsageClientAuth)
	must(t, err)
	dir := t.TempDir()
	for name, content := range map[string][]byte{"ca.crt": authority.PEM(), "scheduler.crt": clientCert, "scheduler.key": clientKey} {
		must(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	made := configuration.Extender()
	made["enableHTTPS"] = true
	made["tlsConfig"] = map[string]any{
		"serverName": "localhost", "caFile": filepath.Join(dir, "ca.crt"),
		"certFile": filepath.Join(dir, "scheduler.crt"), "keyFile": filepath.Join(dir, "scheduler.key"),
	}
	known := x509.NewCertPool()
	known.AddCert(authority.Certificate)
	return &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: known, ClientAuth: tls.RequireAndVerifyClientCert}
}

// counting reads the request before the handler does, so that a handler that hangs learns when the scheduler hangs up.
func (f *faulty) counting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the scheduler has hung up
		}
		var asked struct {
			Pod struct{ Metadata struct{ Name string } }
		}
		if err := json.Unmarshal(body, &asked); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		f.mu.Lock()
		f.calls[call{path.Base(r.URL.Path), asked.Pod.Metadata.Name}]++
		f.mu.Unlock()
		next.ServeHTTP(w, replayed(r, body))
	})
}

// check fails unless each verb was called, and at most once a pod: each pod has had one cycle.
func (f *faulty) check(t *testing.T, verbs ...string) {
	t.Helper()
	f.checkCalled(t, verbs...)
	f.mu.Lock()
	defer f.mu.Unlock()
	for asked, times := range f.calls {
		if times > 1 {
			t.Errorf("%s was called %d times for %s, want once", asked.verb, times, asked.pod)
		}
	}
}

// checkCalled fails unless each verb was called.
func (f *faulty) checkCalled(t *testing.T, verbs ...string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	called := map[string]bool{}
	for asked := range f.calls {
		called[asked.verb] = true
	}
	for _, verb := range verbs {
		if !called[verb] {
			t.Errorf("%s was never called: this test shows nothing", verb)
		}
	}
}

// total is how many calls there were.
func (f *faulty) total() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	sum := 0
	for _, times := range f.calls {
		sum += times
	}
	return sum
}
