package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Simulator is the simulated cloud and its control desk.
type Simulator struct {
	Process *Process
	// URL is the API, CACertFile what to trust it by, TokenFile what to show it.
	URL        string `json:"url"`
	CACertFile string `json:"caCertFile"`
	TokenFile  string `json:"-"`
	// AdminURL is the control desk.
	AdminURL        string  `json:"adminURL"`
	ImageIdentifier string  `json:"imageIdentifier"`
	Datacenters     []Named `json:"datacenters"`
	// Clusters are the managed ones.
	Clusters []Named `json:"clusters"`
}

// Named is something that VPSie has an identifier for.
type Named struct {
	Identifier string `json:"identifier"`
	Name       string `json:"name"`
}

// startSimulator starts the simulated cloud with the given latencies, realistic, fast or none, and flags beside those it needs.
func startSimulator(ctx context.Context, binary, dir, latency string, flags ...string) (*Simulator, error) {
	s := &Simulator{TokenFile: filepath.Join(dir, "vpsie.token")}
	command := exec.Command(binary, append([]string{
		"--token-file", s.TokenFile, "--tls-dir", filepath.Join(dir, "vpsie-tls"), "--latency", latency,
		"--join-retry-interval", "1s", "--join-timeout", "20s",
	}, flags...)...)
	announcement, announce := io.Pipe()
	command.Stdout = announce
	var err error
	if s.Process, err = startProcess(dir, "vpsie-sim", command); err != nil {
		return nil, err
	}
	go func() {
		<-s.Process.ended
		_ = announce.CloseWithError(fmt.Errorf("vpsie-sim ended\n%s", s.Process.Tail())) // always nil
	}()
	stop := context.AfterFunc(ctx, func() { _ = announce.CloseWithError(ctx.Err()) })
	defer stop()
	if err := json.NewDecoder(announcement).Decode(s); err != nil {
		return nil, fmt.Errorf("start the simulated cloud: %w", err)
	}
	go func() { _, _ = io.Copy(io.Discard, announcement) }() // ends with the process
	return s, nil
}

// Call is one call that the simulated cloud has answered.
type Call struct {
	Seq      int       `json:"seq"`
	Time     time.Time `json:"time"`
	Method   string    `json:"method"`
	Path     string    `json:"path"`
	Status   int       `json:"status"`
	Hostname string    `json:"hostname"`
}

// CreatesMachine reports whether the call asked for a machine.
func (c Call) CreatesMachine() bool {
	return c.Method == http.MethodPost && c.Hostname != "" && strings.HasSuffix(c.Path, "/vm")
}

// Machine is a machine as the control desk shows it.
type Machine struct {
	Hostname    string    `json:"hostname"`
	Identifier  string    `json:"identifier"`
	Plan        string    `json:"plan"`
	HourlyPrice float64   `json:"hourlyPrice"`
	State       string    `json:"state"`
	JoinError   string    `json:"joinError"`
	Ready       time.Time `json:"ready"`
	Gone        time.Time `json:"gone"`
}

// Exists reports whether the account still pays for the machine.
func (m Machine) Exists() bool { return m.Gone.IsZero() }

// Bill is what the account owes.
type Bill struct {
	TotalOwed      float64 `json:"totalOwed"`
	HourlyRate     float64 `json:"hourlyRate"`
	PeakHourlyRate float64 `json:"peakHourlyRate"`
	Machines       int     `json:"machines"`
}

// Calls lists all calls to the API.
func (s *Simulator) Calls(ctx context.Context) ([]Call, error) {
	var calls []Call
	return calls, s.desk(ctx, http.MethodGet, "/sim/calls", nil, &calls)
}

// Machines lists all machines there ever were.
func (s *Simulator) Machines(ctx context.Context) ([]Machine, error) {
	var machines []Machine
	return machines, s.desk(ctx, http.MethodGet, "/sim/machines", nil, &machines)
}

// Bill returns what the account owes.
func (s *Simulator) Bill(ctx context.Context) (Bill, error) {
	var bill Bill
	return bill, s.desk(ctx, http.MethodGet, "/sim/bill", nil, &bill)
}

// Inject makes calls go wrong. The rule is what `vpsie-sim --help` describes.
func (s *Simulator) Inject(ctx context.Context, rule map[string]any) error {
	return s.desk(ctx, http.MethodPost, "/sim/faults", rule, nil)
}

// Heal ends all faults.
func (s *Simulator) Heal(ctx context.Context) error {
	return s.desk(ctx, http.MethodDelete, "/sim/faults", nil, nil)
}

func (s *Simulator) desk(ctx context.Context, method, path string, body, into any) error {
	var payload io.Reader
	if body != nil {
		content, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(content)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.AdminURL+path, payload)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask the simulated cloud: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusMultipleChoices {
		answer, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10)) // for the message only
		return fmt.Errorf("%s %s: the simulated cloud answers %s: %s", method, path, response.Status, bytes.TrimSpace(answer))
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(into)
}
