package simulator

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/account"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/adminapi"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/machine"
)

// Options configure a Simulator. The zero value is a cloud without latencies that lets nobody in.
type Options struct {
	// API tells who may call, and how calls are answered. Its Seed is that of the options.
	API httpapi.Options
	// Seed makes latencies, chances and prices repeatable.
	Seed uint64
	// Latencies of the machines; see cloud.LatencyProfile.
	Latencies cloud.Latencies
	// ListLag, PriceDrift, BalloonMB, MachineLimit, Balance, SuspendAfter and Clusters are those of cloud.Options.
	ListLag      time.Duration
	PriceDrift   float64
	BalloonMB    int
	MachineLimit int
	Balance      int64
	SuspendAfter time.Duration
	Clusters     []cloud.ClusterOptions
	// Guest is the software on the machines; nil stands for machine.Kubelet, which joins the cluster that the user data names.
	Guest cloud.Guest
	// WorkerGuest is the software on workers of managed clusters, such as machine.Worker; nil leaves them empty.
	WorkerGuest cloud.Guest
	// Log receives a record for every step of every machine; nil discards them. It never holds a secret.
	Log *slog.Logger
}

// Simulator is a simulated cloud with its two HTTP surfaces. It is safe for concurrent use.
type Simulator struct {
	cloud  *cloud.Cloud
	faults *faults.Set
	api    *httpapi.API
	admin  http.Handler
	log    *slog.Logger
}

// New returns a simulator without machines. Call Close to end what it runs.
func New(options Options) *Simulator {
	if options.Guest == nil {
		options.Guest = machine.Kubelet{}
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	s := &Simulator{log: options.Log, faults: faults.NewSet(options.Seed)}
	s.cloud = cloud.New(cloud.Options{
		Seed: options.Seed, Latencies: options.Latencies, ListLag: options.ListLag, PriceDrift: options.PriceDrift,
		BalloonMB:    options.BalloonMB,
		MachineLimit: options.MachineLimit, Balance: options.Balance, SuspendAfter: options.SuspendAfter,
		Guest: options.Guest, WorkerGuest: options.WorkerGuest, Clusters: options.Clusters, Log: options.Log,
	})
	options.API.Seed = options.Seed
	s.api = httpapi.New(s.cloud, s.faults, options.API)
	s.admin = adminapi.Desk{Cloud: s.cloud, Calls: s.api.Calls(), Faults: s.faults, Logins: s.api}.Handler()
	return s
}

// Close stops every machine and waits until what runs on it has stopped.
func (s *Simulator) Close() { s.cloud.Close() }

// Handler is the VPSie API.
func (s *Simulator) Handler() http.Handler { return s.api }

// AdminHandler is the control desk; see adminapi.Desk.
func (s *Simulator) AdminHandler() http.Handler { return s.admin }

// Machines returns every machine that was ever ordered, oldest first, with its secrets.
func (s *Simulator) Machines() []cloud.Machine { return s.cloud.All() }

// Bill returns what the account owes now.
func (s *Simulator) Bill() cloud.Bill { return s.cloud.Bill() }

// BillLines returns the bill machine by machine, oldest order first.
func (s *Simulator) BillLines() []cloud.BillLine { return s.cloud.BillLines() }

// BillOf returns the lines of the bill of the machines with the host name, whose case does not matter.
func (s *Simulator) BillOf(hostname string) []cloud.BillLine { return s.cloud.BillOf(hostname) }

// TopUp pays an amount, in billionths of a US dollar, into a prepaid account.
func (s *Simulator) TopUp(amount int64) { s.cloud.TopUp(amount) }

// SetTokens replaces the access tokens that are accepted.
func (s *Simulator) SetTokens(tokens ...string) { s.api.SetTokens(tokens) }

// ExpireLogins ends every token that a login has given out.
func (s *Simulator) ExpireLogins() { s.api.ExpireLogins() }

// Account is what the account owns beside machines: SSH keys, scripts and tags.
func (s *Simulator) Account() *account.Account { return s.api.Account() }

// Clusters returns the managed clusters as they are now.
func (s *Simulator) Clusters() []cloud.Cluster { return s.cloud.Clusters() }

// Calls returns the calls to the VPSie API with a sequence number above since, oldest first.
func (s *Simulator) Calls(since int) []httpapi.Call { return s.api.Calls().Since(since) }

// InjectFault makes matching calls go wrong from now on. The error names the field of the rule that is wrong.
func (s *Simulator) InjectFault(rule faults.Rule) error { return s.faults.Add(rule) }

// ClearFaults lets all calls go well again.
func (s *Simulator) ClearFaults() { s.faults.Clear() }

// DeleteOutside removes every machine with the host name at once, and returns how many there were.
func (s *Simulator) DeleteOutside(hostname string) int { return s.cloud.DeleteOutside(hostname) }
