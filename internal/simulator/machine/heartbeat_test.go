package machine

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// stub is an API server without sockets, so that virtual time can pass. It records when which object was written.
type stub struct {
	start  time.Time
	away   bool // answers nothing but errors
	leased bool // the Lease exists
	writes []string
	bodies string
}

// RoundTrip implements http.RoundTripper.
func (s *stub) RoundTrip(r *http.Request) (*http.Response, error) {
	kind := "status"
	if strings.Contains(r.URL.Path, "/leases") {
		kind = "lease"
	}
	if r.Body != nil {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		s.bodies += string(content)
	}
	status := http.StatusOK
	switch {
	case s.away:
		status = http.StatusServiceUnavailable
	case kind == "lease" && r.Method == http.MethodPatch && !s.leased:
		status = http.StatusNotFound
	case r.Method == http.MethodPost:
		s.leased = true
		kind = "new lease"
	}
	s.writes = append(s.writes, time.Since(s.start).String()+" "+kind+" "+http.StatusText(status))
	body := `{}`
	if status == http.StatusNotFound {
		body = `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}`
	}
	return &http.Response{
		StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Request: r,
		Header: http.Header{"Content-Type": {"application/json"}},
	}, nil
}

type readiness struct{ times int }

func (*readiness) Joined()          {}
func (r *readiness) Ready()         { r.times++ }
func (*readiness) JoinFailed(error) {}

// beat keeps a Node alive for a while.
func beat(t *testing.T, server *stub, lasts time.Duration) *readiness {
	t.Helper()
	return beatAs(t, server, lasts, cloud.Host{ReadyAfter: 3 * time.Second})
}

func beatAs(t *testing.T, server *stub, lasts time.Duration, host cloud.Host) *readiness {
	t.Helper()
	server.start = time.Now()
	connected, err := newConnection("http://stub", &http.Client{Transport: server})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	told := &readiness{}
	connected.keepAlive(ctx, registration{nodeSpec: nodeSpec{name: "web-1", host: host}}, told)
	return told
}

func TestLeaseIsRenewedEveryTenSecondsAndStatusEveryFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &stub{}
		told := beat(t, server, 10*time.Minute)
		want := []string{"0s lease Not Found", "0s new lease OK", "3s status OK", "10s lease OK", "20s lease OK", "30s lease OK"}
		if diff := cmp.Diff(want, server.writes[:len(want)]); diff != "" {
			t.Errorf("first writes (-want +got):\n%s", diff)
		}
		var statuses []string
		for _, write := range server.writes {
			if strings.Contains(write, "status") {
				statuses = append(statuses, write)
			}
		}
		if diff := cmp.Diff([]string{"3s status OK", "5m3s status OK"}, statuses); diff != "" {
			t.Errorf("writes of the status (-want +got):\n%s", diff)
		}
		if told.times != 1 {
			t.Errorf("told %d times to be Ready, want once", told.times)
		}
	})
}

func TestNodeThatNeverGetsReadyKeepsItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &stub{}
		told := beatAs(t, server, time.Minute, cloud.Host{ReadyAfter: 3 * time.Second, NeverReady: true})
		if told.times != 0 || strings.Contains(server.bodies, "KubeletReady") || !strings.Contains(server.bodies, "KubeletNotReady") {
			t.Errorf("told %d times to be Ready, wrote %s", told.times, server.bodies)
		}
		if !strings.Contains(strings.Join(server.writes, "\n"), "50s lease OK") {
			t.Errorf("the Lease is not kept: %v", server.writes)
		}
	})
}

func TestWritesAreRepeatedWhileTheAPIServerIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &stub{away: true}
		told := beat(t, server, 5*time.Second+500*time.Millisecond)
		if told.times != 0 {
			t.Error("told to be Ready though no status was written")
		}
		leases := strings.Count(strings.Join(server.writes, "\n"), "lease")
		if leases != 6 { // at once and after each of five seconds
			t.Errorf("%d attempts to renew the Lease, want 6:\n%s", leases, strings.Join(server.writes, "\n"))
		}
	})
}
