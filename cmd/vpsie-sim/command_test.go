package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/account"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
)

// running is a command that serves.
type running struct {
	announcement
	stop func()
	done chan error
	logs *bytes.Buffer // to be read when done
}

// start runs the command until its line of JSON is out.
func start(t *testing.T, stdin io.Reader, args ...string) running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	lines, out := io.Pipe()
	r := running{stop: stop, done: make(chan error, 1), logs: &bytes.Buffer{}}
	command := newCommand()
	command.SetArgs(args)
	command.SetIn(stdin)
	command.SetOut(out)
	command.SetErr(r.logs)
	go func() {
		err := command.ExecuteContext(ctx)
		_ = out.CloseWithError(io.ErrUnexpectedEOF)
		r.done <- err
	}()
	if err := json.NewDecoder(lines).Decode(&r.announcement); err != nil {
		t.Fatalf("no line of JSON: %v; the command ended with %v", err, <-r.done)
	}
	return r
}

func (r running) wait(t *testing.T) {
	t.Helper()
	select {
	case err := <-r.done:
		if err != nil {
			t.Errorf("the command ended with %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the command does not end")
	}
}

func get(t *testing.T, url, token string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Vpsie-Auth", token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

func TestCommandServesUntilItIsStopped(t *testing.T) {
	dir := t.TempDir()
	tokens, ready := filepath.Join(dir, "token"), filepath.Join(dir, "ready")
	r := start(t, nil, "--token-file", tokens, "--ready-file", ready, "--latency", "none")
	token, err := os.ReadFile(tokens)
	if err != nil {
		t.Fatal(err)
	}
	if got := get(t, r.URL+"/apps/v2/datacenter", strings.TrimSpace(string(token))); got != http.StatusOK {
		t.Errorf("VPSie API: status %d", got)
	}
	if got := get(t, r.AdminURL+"/sim/bill", ""); got != http.StatusOK {
		t.Errorf("control desk: status %d", got)
	}
	if r.ImageIdentifier != catalogue.Image.Identifier || len(r.Datacenters) != 3 || r.Datacenters[0].Name != "HEL" {
		t.Errorf("announced %+v", r.announcement)
	}
	var filed announcement
	content, err := os.ReadFile(ready)
	if err != nil || json.Unmarshal(content, &filed) != nil || filed.URL != r.URL {
		t.Errorf("ready file %s, error %v", content, err)
	}
	r.stop()
	r.wait(t)
	if logs := r.logs.String(); !strings.Contains(logs, `"msg":"stopped"`) || strings.Contains(logs, strings.TrimSpace(string(token))) {
		t.Errorf("logs %s, want the end and no token", logs)
	}
}

func TestCommandStopsWhenStandardInputEnds(t *testing.T) {
	stdin, parent := io.Pipe()
	r := start(t, stdin, "--token-file", filepath.Join(t.TempDir(), "token"), "--until-stdin-closes")
	if err := parent.Close(); err != nil {
		t.Fatal(err)
	}
	r.wait(t)
}

func TestCommandAnnouncesItsAuthority(t *testing.T) {
	dir := t.TempDir()
	r := start(t, nil, "--token-file", filepath.Join(dir, "token"), "--tls-dir", filepath.Join(dir, "tls"))
	if !strings.HasPrefix(r.URL, "https://") || r.CACertFile != filepath.Join(dir, "tls", "ca.crt") {
		t.Errorf("announced %+v", r.announcement)
	}
	own := start(t, nil, "--token-file", filepath.Join(dir, "token"),
		"--tls-cert", filepath.Join(dir, "tls", "tls.crt"), "--tls-key", filepath.Join(dir, "tls", "tls.key"))
	if !strings.HasPrefix(own.URL, "https://") || own.CACertFile != "" {
		t.Errorf("announced %+v", own.announcement)
	}
	r.stop()
	own.stop()
	r.wait(t)
	own.wait(t)
}

func TestGeneratedTokenIsForTheOwnerOnlyAndKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	first, err := readTokens(file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v, want 0600", info.Mode(), err)
	}
	if second, err := readTokens(file); err != nil || second[0] != first[0] {
		t.Errorf("the token changed, error %v", err)
	}
}

func TestWrongFlagsAreRefusedByName(t *testing.T) {
	dir := t.TempDir()
	token, empty := filepath.Join(dir, "token"), filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string][]string{
		"--token-file: missing":      {},
		"holds no token":             {"--token-file", empty},
		"--latency":                  {"--token-file", token, "--latency", "slow"},
		"--machine-limit":            {"--token-file", token, "--machine-limit", "-1"},
		"--page-size":                {"--token-file", token, "--page-size", "-1"},
		"--price-drift":              {"--token-file", token, "--price-drift", "1"},
		"--balance":                  {"--token-file", token, "--balance", "-1"},
		"--list-lag":                 {"--token-file", token, "--list-lag", "-1s"},
		"--call-latency":             {"--token-file", token, "--call-latency", "3s,1s,10s"},
		"--list-tags":                {"--token-file", token, "--list-tags", "x"},
		"--prices":                   {"--token-file", token, "--prices", "x"},
		"--delete-password \"x\"":    {"--token-file", token, "--delete-password", "x"},
		"--delete-password account":  {"--token-file", token, "--delete-password", "account"},
		"--account-password-file: ":  {"--token-file", token, "--delete-password", "account", "--account-password-file", empty},
		"--cluster \"XYZ-1\"":        {"--token-file", token, "--cluster", "XYZ-1"},
		"--kubeconfig":               {"--token-file", token, "--kubeconfig", filepath.Join(dir, "none")},
		"--fail hang=2":              {"--token-file", token, "--fail", "hang=x,hang=2x"},
		"--fail: action \"explode\"": {"--token-file", token, "--fail", "explode=0.5"},
		"--client-id and":            {"--token-file", token, "--client-id", "x"},
		"--client-secret-file: open": {"--token-file", token, "--client-id", "x", "--client-secret-file", filepath.Join(dir, "none")},
		"is empty":                   {"--token-file", token, "--client-id", "x", "--client-secret-file", empty},
		"--tls-dir and":              {"--token-file", token, "--tls-dir", dir, "--tls-cert", "x", "--tls-key", "x"},
		"--tls-cert and":             {"--token-file", token, "--tls-cert", "x"},
		"--tls-cert, --tls-key":      {"--token-file", token, "--tls-cert", "x", "--tls-key", "x"},
		"--tls-dir: directory":       {"--token-file", token, "--tls-dir", filepath.Join(empty, "below")},
		"listen for the VPSie API":   {"--token-file", token, "--listen", "127.0.0.1:x"},
		"--ready-file":               {"--token-file", token, "--ready-file", filepath.Join(dir, "none", "ready")},
		`unknown command "x"`:        {"x"},
	}
	for want, args := range tests {
		t.Run(want, func(t *testing.T) {
			command := newCommand()
			command.SetArgs(args)
			command.SetOut(io.Discard)
			command.SetErr(io.Discard)
			if err := command.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want one with %q", err, want)
			}
		})
	}
}

func TestCommandAnnouncesKeysAndClusters(t *testing.T) {
	r := start(t, nil, "--token-file", filepath.Join(t.TempDir(), "token"), "--cluster", "AMS-Kubernetes-0001", "--cluster", "HEL-Kubernetes-49ab")
	if len(r.SSHKeys) != 2 || r.SSHKeys[0].Identifier != account.Keys[0].Identifier {
		t.Errorf("keys %+v", r.SSHKeys)
	}
	if len(r.Clusters) != 2 || r.Clusters[1].Name != "HEL-Kubernetes-49ab" || r.Clusters[0].Identifier == r.Clusters[1].Identifier {
		t.Errorf("clusters %+v", r.Clusters)
	}
	r.stop()
	r.wait(t)
}

func TestFlagsReachTheSimulator(t *testing.T) {
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("account-password\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var f flags
	set := pflag.NewFlagSet("test", pflag.ContinueOnError)
	f.register(set)
	if err := set.Parse([]string{
		"--token-file", filepath.Join(dir, "token"), "--list-tags", "array", "--prices", "mixed", "--delete-password", "account",
		"--account-password-file", password, "--call-latency", "1s,2s,3s", "--balance", "12.5", "--price-drift", "0.1", "--list-lag", "15s",
		"--rate-limit", "100", "--retry-after", "--strict-headers", "--cluster", "HEL-Kubernetes-49ab", "--worker-limit", "5",
		"--fail", "never-join=0.05,hang=0.01", "--balloon-mb", "1024",
	}); err != nil {
		t.Fatal(err)
	}
	options, err := f.options(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	api := options.API
	if api.ListTags != httpapi.TagsArray || api.Prices != httpapi.PricesMixed || api.DeletePassword != httpapi.PasswordAccount ||
		api.AccountPassword != "account-password" || api.CallLatency.P99 != 3*time.Second || api.RateLimit != 100 || !api.WithRetryAfter ||
		!api.StrictHeaders {
		t.Errorf("API options %+v", api)
	}
	if options.Balance != 12_500_000_000 || options.PriceDrift != 0.1 || options.ListLag != 15*time.Second || options.BalloonMB != 1024 ||
		len(options.Clusters) != 1 || options.Clusters[0].WorkerLimit != 5 || options.WorkerGuest != nil {
		t.Errorf("options %+v", options)
	}
	chances, err := f.chances()
	if err != nil || len(chances) != 2 || chances[0].Action != faults.ActionHang || chances[1].Probability != 0.05 {
		t.Errorf("chances %+v, error %v", chances, err)
	}
}

func TestHelpTellsEveryAction(t *testing.T) {
	for _, d := range faults.Actions {
		if !strings.Contains(help(), string(d.Action)) || !strings.Contains(help(), d.Does) {
			t.Errorf("the help does not tell %s", d.Action)
		}
	}
}
