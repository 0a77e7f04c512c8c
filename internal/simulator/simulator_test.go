package simulator_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/selfsigned"
)

const token = "test-token"

func newSimulator(t *testing.T, latency string) *simulator.Simulator {
	t.Helper()
	latencies, err := cloud.LatencyProfile(latency)
	if err != nil {
		t.Fatal(err)
	}
	s := simulator.New(simulator.Options{API: httpapi.Options{Tokens: []string{token}}, Latencies: latencies, Seed: 1})
	t.Cleanup(s.Close)
	return s
}

// send makes a call without a socket and returns status and body.
func send(ctx context.Context, s *simulator.Simulator, method, path, body string) (int, string, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://simulated"+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Vpsie-Auth", token)
	response, err := (&http.Client{Transport: s.Transport()}).Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, strings.TrimSpace(string(content)), err
}

func creation(hostname string) string {
	return `{"resourceIdentifier":"00000002-5a11-11f0-a000-000000000001","osIdentifier":"` + catalogue.Image.Identifier +
		`","dcIdentifier":"` + catalogue.Datacenters[0].Identifier + `","hostname":"` + hostname + `","projectId":"1"}`
}

func TestRealisticLifeTakesMinutesOfVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSimulator(t, "realistic")
		began := time.Now()
		status, body, err := send(t.Context(), s, http.MethodPost, "/api/v2/vm", creation("w1"))
		if err != nil || status != 200 || body != `{"error":false,"data":true}` {
			t.Fatalf("create: %d %s, error %v", status, body, err)
		}
		if took := time.Since(began); took < 300*time.Millisecond || took > 2*time.Second {
			t.Errorf("accepted after %v, want 0.3 to 2 s", took)
		}
		time.Sleep(25 * time.Second)
		if _, body, _ := send(t.Context(), s, http.MethodGet, "/apps/v2/vm/pending", ""); !strings.Contains(body, `"hostname":"w1"`) {
			t.Errorf("pending after 25 s: %s", body)
		}
		time.Sleep(200 * time.Second)
		if _, body, _ := send(t.Context(), s, http.MethodGet, "/api/v2/vm", ""); !strings.Contains(body, `"hostname":"w1"`) {
			t.Errorf("listed after 225 s: %s", body)
		}
		// Without user data the guest says why no Node will ever come.
		time.Sleep(10 * time.Minute)
		if machine := s.Machines()[0]; machine.State != cloud.StateBooted || !strings.Contains(machine.JoinError, "no user data") {
			t.Errorf("state %s, join error %q", machine.State, machine.JoinError)
		}
		if bill := s.Bill(); bill.Machines != 1 || bill.Owed == 0 {
			t.Errorf("bill %+v", bill)
		}
		if calls := s.Calls(0); len(calls) != 3 || calls[0].Hostname != "w1" {
			t.Errorf("calls %v", calls)
		}
		if s.DeleteOutside("w1") != 1 || s.Machines()[0].State != cloud.StateGone {
			t.Error("the machine was not deleted")
		}
	})
}

func TestHangEndsWithTheContextOfTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSimulator(t, "none")
		if err := s.InjectFault(faults.Rule{Action: faults.ActionHang}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		began := time.Now()
		_, _, err := send(ctx, s, http.MethodPost, "/api/v2/vm", creation("w1"))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 30*time.Second {
			t.Errorf("error %v after %v, want the deadline after 30 s", err, time.Since(began))
		}
		if len(s.Machines()) != 0 {
			t.Error("the call took effect")
		}
		s.ClearFaults()
		if status, _, err := send(t.Context(), s, http.MethodGet, "/api/v2/vm", ""); err != nil || status != 200 {
			t.Errorf("status %d, error %v after the fault was removed", status, err)
		}
	})
}

func TestResetIsAnErrorThoughTheCallTookEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSimulator(t, "realistic")
		if err := s.InjectFault(faults.Rule{Action: faults.ActionReset, Times: 1}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := send(t.Context(), s, http.MethodPost, "/api/v2/vm", creation("w1")); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("error %v, want a cut connection", err)
		}
		if len(s.Machines()) != 1 {
			t.Error("the call took no effect")
		}
	})
}

func TestClientThatGivesUpLeavesAMachineBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSimulator(t, "realistic")
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, _, err := send(ctx, s, http.MethodPost, "/api/v2/vm", creation("w1")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the deadline", err)
		}
		if len(s.Machines()) != 1 {
			t.Error("no machine was left behind")
		}
	})
}

func TestStartServesBothSurfacesAndKeepsThemApart(t *testing.T) {
	dir := t.TempDir()
	certificate, err := selfsigned.Ensure(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := newSimulator(t, "none")
	server, err := s.Start(t.Context(), simulator.ListenOptions{Certificate: &certificate})
	if err != nil {
		t.Fatal(err)
	}
	client := trusting(t, dir)
	for url, want := range map[string]int{
		server.URL + "/apps/v2/datacenter": 200,
		server.URL + "/sim/bill":           404,
		server.AdminURL + "/sim/bill":      200,
		server.AdminURL + "/apps/v2/vm":    404,
	} {
		if got := status(t, client, url); got != want {
			t.Errorf("%s: status %d, want %d", url, got, want)
		}
	}
	if !strings.HasPrefix(server.URL, "https://127.0.0.1:") || !strings.HasPrefix(server.AdminURL, "http://127.0.0.1:") {
		t.Errorf("origins %s and %s", server.URL, server.AdminURL)
	}
	client.CloseIdleConnections()
	if err := server.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func TestStoppingEndsHangingCalls(t *testing.T) {
	s := newSimulator(t, "none")
	if err := s.InjectFault(faults.Rule{Action: faults.ActionHang}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	server, err := s.Start(ctx, simulator.ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/apps/v2/vm", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Vpsie-Auth", token)
	failed := make(chan error)
	go func() {
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		failed <- err
	}()
	for len(s.Calls(0)) == 0 { // until the call hangs
		runtime.Gosched()
	}
	stop()
	if err := <-failed; err == nil {
		t.Error("the call was answered")
	}
	if err := server.Wait(); err != nil {
		t.Errorf("wait: %v", err)
	}
}

func TestAddressInUseIsAnError(t *testing.T) {
	s := newSimulator(t, "none")
	server, err := s.Start(t.Context(), simulator.ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	taken := strings.TrimPrefix(server.URL, "http://")
	for name, options := range map[string]simulator.ListenOptions{
		"VPSie API":    {Address: taken},
		"control desk": {AdminAddress: taken},
	} {
		if _, err := s.Start(t.Context(), options); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want one about the %s", err, name)
		}
	}
}

// trusting returns a client that trusts the authority in the directory.
func trusting(t *testing.T, dir string) *http.Client {
	t.Helper()
	authority, err := os.ReadFile(filepath.Join(dir, selfsigned.CAFile))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
}

func status(t *testing.T, client *http.Client, url string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Vpsie-Auth", token)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}
