package main

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/machine"
)

// options turns flags into options of the simulator; the error names the flag that is wrong.
func (f flags) options(log *slog.Logger) (simulator.Options, error) {
	latencies, err := cloud.LatencyProfile(f.latency)
	if err != nil {
		return simulator.Options{}, fmt.Errorf("--latency: %w", err)
	}
	const nanosPerDollar, most = 1_000_000_000, 1e9
	switch {
	case f.machineLimit < 0 || f.workerLimit < 0 || f.balloonMB < 0:
		return simulator.Options{}, errors.New("--machine-limit, --worker-limit and --balloon-mb: want 0 (no limit) or more")
	case f.priceDrift < 0 || f.priceDrift >= 1:
		return simulator.Options{}, errors.New("--price-drift: want 0 or more and less than 1")
	case f.balance < 0 || f.balance > most:
		return simulator.Options{}, fmt.Errorf("--balance: want 0 (pay later) to %v", float64(most))
	case f.listLag < 0 || f.suspendAfter < 0:
		return simulator.Options{}, errors.New("--list-lag and --suspend-after: want 0 or more")
	}
	api, err := f.api()
	if err != nil {
		return simulator.Options{}, err
	}
	clusters, err := f.managedClusters()
	if err != nil {
		return simulator.Options{}, err
	}
	kubelet := machine.Kubelet{RetryInterval: f.joinInterval, RetryTimeout: f.joinGiveUp}
	options := simulator.Options{
		API: api, Seed: f.seed, Latencies: latencies, ListLag: f.listLag, PriceDrift: f.priceDrift,
		BalloonMB: f.balloonMB, MachineLimit: f.machineLimit,
		Balance: int64(math.Round(f.balance * nanosPerDollar)), SuspendAfter: f.suspendAfter, Clusters: clusters,
		Guest: kubelet, Log: log,
	}
	if f.kubeconfig != "" {
		worker, err := machine.LoadWorker(f.kubeconfig, kubelet)
		if err != nil {
			return simulator.Options{}, fmt.Errorf("--kubeconfig: %w", err)
		}
		options.WorkerGuest = worker
	}
	return options, nil
}

// api turns flags into options of the API.
func (f flags) api() (httpapi.Options, error) {
	if f.pageSize < 0 || f.listCap < 0 || f.rateLimit < 0 {
		return httpapi.Options{}, errors.New("--page-size, --list-cap and --rate-limit: want 0 (no limit) or more")
	}
	tokens, err := readTokens(f.tokenFile)
	if err != nil {
		return httpapi.Options{}, fmt.Errorf("--token-file: %w", err)
	}
	secret, err := f.readSecret()
	if err != nil {
		return httpapi.Options{}, err
	}
	options := httpapi.Options{
		Tokens: tokens, ClientID: f.clientID, ClientSecret: secret, LoginLifetime: f.loginLifetime,
		NestedLogin: f.nestedLogin, StrictHeaders: f.strict, PageSize: f.pageSize, ListCap: f.listCap,
		ReplyIdentifier: f.replyIdentifier, ErrorsUnder200: f.errors200, RateLimit: f.rateLimit, WithRetryAfter: f.retryAfter,
	}
	if options.CallLatency, err = f.perCall(); err != nil {
		return httpapi.Options{}, err
	}
	if options.AccountPassword, err = f.readAccountPassword(); err != nil {
		return httpapi.Options{}, err
	}
	for _, choice := range []struct {
		flag, value string
		choices     []string // the first one is the zero value of the option
		set         func(string)
	}{
		{"--list-tags", f.listTags, []string{"absent", "null", "array"}, func(v string) { options.ListTags = httpapi.ListTags(v) }},
		{"--prices", f.prices, []string{"number", "string", "mixed"}, func(v string) { options.Prices = httpapi.Prices(v) }},
		{"--delete-password", f.deletePassword, []string{"ignored", "vm", "account"}, func(v string) {
			options.DeletePassword = httpapi.DeletePassword(v)
		}},
	} {
		switch slices.Index(choice.choices, choice.value) {
		case -1:
			return httpapi.Options{}, fmt.Errorf("%s %q: want one of %s", choice.flag, choice.value, strings.Join(choice.choices, ", "))
		case 0:
		default:
			choice.set(choice.value)
		}
	}
	return options, nil
}

func (f flags) perCall() (httpapi.CallLatency, error) {
	switch l := f.callLatency; {
	case len(l) == 0:
		return httpapi.CallLatency{}, nil
	case len(l) != 3 || l[0] <= 0 || l[1] < l[0] || l[2] < l[1]:
		return httpapi.CallLatency{}, fmt.Errorf("--call-latency %v: want three rising durations, as in 300ms,3s,10s", l)
	default:
		return httpapi.CallLatency{P50: l[0], P95: l[1], P99: l[2]}, nil
	}
}

// managedClusters gives each named cluster an identifier that is the same in every run.
func (f flags) managedClusters() ([]cloud.ClusterOptions, error) {
	var clusters []cloud.ClusterOptions
	for i, name := range f.clusters {
		code, _, _ := strings.Cut(name, "-")
		at := slices.IndexFunc(catalogue.Datacenters, func(d catalogue.Datacenter) bool { return d.Name == code })
		if at < 0 {
			return nil, fmt.Errorf("--cluster %q: want a name that starts with a data centre (%s), as in HEL-Kubernetes-49ab", name, codes())
		}
		clusters = append(clusters, cloud.ClusterOptions{
			Identifier: fmt.Sprintf("%08x-5a11-11f0-a000-00505600c1f5", 0xc0000+i+1), Name: name,
			Version: strings.TrimPrefix(machine.Version, "v"), DatacenterID: catalogue.Datacenters[at].Identifier, WorkerLimit: f.workerLimit,
		})
	}
	return clusters, nil
}

func codes() string {
	var all []string
	for _, d := range catalogue.Datacenters {
		all = append(all, d.Name)
	}
	return strings.Join(all, ", ")
}

// chances are the rules of --fail.
func (f flags) chances() ([]faults.Rule, error) {
	var rules []faults.Rule
	for _, action := range slices.Sorted(maps.Keys(f.fail)) {
		probability, err := strconv.ParseFloat(f.fail[action], 64)
		if err != nil || probability <= 0 {
			return nil, fmt.Errorf("--fail %s=%s: want a probability above 0 and at most 1", action, f.fail[action])
		}
		rules = append(rules, faults.Rule{Action: faults.Action(action), Probability: probability})
	}
	return rules, nil
}
