package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/machine"
)

const description = `vpsie-sim is a VPSie cloud that fits into a process, to try VPSie Autoscaler without an account and without cost.

It serves the VPSie API (https with --tls-dir): data centres, plans with made-up prices, creation and deletion of machines.
Machines appear after a while, as real ones do, read the user data they were given, and really join the Kubernetes cluster
that it names. They run no pods; let kwok play those (the Nodes carry its annotation). Nothing survives the process.

A second listener, the control desk, is no part of the VPSie API and has no authentication; keep it on the loopback address:

  GET    /sim/calls[?since=SEQ]           every call to the VPSie API
  GET    /sim/machines                    every machine, with the time of each step and why it failed to join
  GET    /sim/bill                        what the account would owe
  POST   /sim/faults                      make calls go wrong, for example {"match":{"planRegex":"^G-"},"action":"sold-out"}
  DELETE /sim/faults                      let them go well again
  POST   /sim/machines/{hostname}/delete  delete a machine behind the autoscaler's back

When it listens, it prints one line of JSON with the addresses, the data centres and the image to use. Logs go to stderr.`

const example = `  vpsie-sim --token-file sim.token --tls-dir sim-tls
  curl --cacert sim-tls/ca.crt -H "Vpsie-Auth: $(cat sim.token)" https://127.0.0.1:PORT/apps/v2/datacenter`

// flags are the flags of the command.
type flags struct {
	listen, adminListen      string
	tlsDir, tlsCert, tlsKey  string
	tokenFile                string
	clientID, clientSecret   string // the secret by the name of its file
	loginLifetime            time.Duration
	seed                     uint64
	latency                  string
	machineLimit, pageSize   int
	joinInterval, joinGiveUp time.Duration
	readyFile                string
	untilStdinCloses         bool
}

func newCommand() *cobra.Command {
	var f flags
	command := &cobra.Command{
		Use:           "vpsie-sim --token-file FILE",
		Short:         "A simulated VPSie cloud whose machines really join a Kubernetes cluster",
		Long:          description,
		Example:       example,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(command *cobra.Command, _ []string) error { return run(command, f) },
	}
	set := command.Flags()
	set.StringVar(&f.listen, "listen", "127.0.0.1:0", "host:port of the VPSie API; port 0 is any free one")
	set.StringVar(&f.adminListen, "admin-listen", "127.0.0.1:0", "host:port of the control desk; port 0 is any free one")
	set.StringVar(&f.tlsDir, "tls-dir", "", "directory of a self-made authority (ca.crt) and certificate for 127.0.0.1 and localhost; made when missing")
	set.StringVar(&f.tlsCert, "tls-cert", "", "certificate of your own to serve https with, together with --tls-key")
	set.StringVar(&f.tlsKey, "tls-key", "", "key of the certificate in --tls-cert")
	set.StringVar(&f.tokenFile, "token-file", "", "file with the API tokens that are accepted, one a line; made with a random token when missing (required)")
	set.StringVar(&f.clientID, "client-id", "", "clientId that may log in, together with --client-secret-file")
	set.StringVar(&f.clientSecret, "client-secret-file", "", "file with the clientSecret of --client-id")
	set.DurationVar(&f.loginLifetime, "login-lifetime", time.Hour, "how long a token from a login lives")
	set.Uint64Var(&f.seed, "seed", 1, "seed of all random draws; the same seed and host names give the same latencies")
	set.StringVar(&f.latency, "latency", "fast", "how long things take: realistic (minutes), fast (seconds) or none")
	set.IntVar(&f.machineLimit, "machine-limit", 0, "how many machines the account may have at a time; 0 is no limit")
	set.IntVar(&f.pageSize, "page-size", 0, "most records in a list of machines; 0 is no limit")
	set.DurationVar(&f.joinInterval, "join-retry-interval", 5*time.Second, "pause between a machine's attempts to join")
	set.DurationVar(&f.joinGiveUp, "join-timeout", 5*time.Minute, "how long a machine attempts each step of joining")
	set.StringVar(&f.readyFile, "ready-file", "", "file to write the line of JSON to as well, when listening")
	set.BoolVar(&f.untilStdinCloses, "until-stdin-closes", false, "stop when standard input ends, so that the simulator never outlives its parent")
	return command
}

// options turns flags into options of the simulator; the error names the flag that is wrong.
func (f flags) options(log *slog.Logger) (simulator.Options, error) {
	latencies, err := cloud.LatencyProfile(f.latency)
	if err != nil {
		return simulator.Options{}, fmt.Errorf("--latency: %w", err)
	}
	if f.machineLimit < 0 || f.pageSize < 0 {
		return simulator.Options{}, errors.New("--machine-limit and --page-size: want 0 (no limit) or more")
	}
	tokens, err := readTokens(f.tokenFile)
	if err != nil {
		return simulator.Options{}, fmt.Errorf("--token-file: %w", err)
	}
	secret, err := f.readSecret()
	if err != nil {
		return simulator.Options{}, err
	}
	return simulator.Options{
		API: httpapi.Options{
			Tokens: tokens, ClientID: f.clientID, ClientSecret: secret, LoginLifetime: f.loginLifetime, PageSize: f.pageSize,
		},
		Seed:         f.seed,
		Latencies:    latencies,
		MachineLimit: f.machineLimit,
		Guest:        machine.Kubelet{RetryInterval: f.joinInterval, RetryTimeout: f.joinGiveUp},
		Log:          log,
	}, nil
}
