package managed_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	simcloud "github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/cloudtest"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie/managed"
)

func TestManagedKubernetesKeepsTheContractOverTheSimulator(t *testing.T) {
	tests := map[string]simulator.Options{
		"as documented":            {},
		"lists that are late":      {ListLag: 10 * time.Second},
		"errors and prices differ": {API: httpapi.Options{ErrorsUnder200: true, ReplyIdentifier: true, Prices: httpapi.PricesString}},
	}
	for name, options := range tests {
		t.Run(name, func(t *testing.T) {
			cloudtest.Run(t, func(t *testing.T) cloudtest.Harness { return simulatorHarness(t, options) })
		})
	}
}

func simulatorHarness(t *testing.T, options simulator.Options) cloudtest.Harness {
	t.Helper()
	latencies, err := simcloud.LatencyProfile("realistic")
	if err != nil {
		t.Fatal(err)
	}
	options.Seed, options.Latencies, options.API.Tokens = 1, latencies, []string{token}
	options.Clusters = []simcloud.ClusterOptions{{Identifier: clusterID, Name: "HEL-Kubernetes-49AB", Version: "1.34.1"}}
	s := simulator.New(options)
	t.Cleanup(s.Close)
	provider, err := managed.New(managed.Options{
		Client: newClient(t, s.Transport()), ClusterID: clusterID, Ledger: managed.NewConfigMapLedger(build.API(), namespace, clusterID),
	})
	if err != nil {
		t.Fatal(err)
	}
	inject := func(rule faults.Rule) {
		if err := s.InjectFault(rule); err != nil {
			t.Fatal(err)
		}
	}
	orders := faults.Match{PathRegex: "/add/slave/group/"}
	return cloudtest.Harness{
		Provider: provider, DatacenterID: catalogue.Datacenters[0].Identifier, OfferingID: "4", Patience: 6 * time.Minute,
		Fail: func(failure cloudtest.Failure) {
			s.ClearFaults()
			if rule, fails := failureRules[failure]; fails {
				inject(rule)
			}
		},
		SellOut:    func(string, string) { inject(faults.Rule{Action: faults.ActionSoldOut, Match: orders}) },
		Fill:       func() { inject(faults.Rule{Action: faults.ActionQuota, Match: orders}) },
		LoseAnswer: func() { inject(faults.Rule{Action: faults.ActionReset, Times: 1, Match: orders}) },
		Conceal: func() {
			inject(faults.Rule{Action: faults.ActionGateway, Match: faults.Match{PathRegex: clusterID + "$"}})
		},
		AddOutside:    func(string) { addOutside(t, s) },
		RemoveOutside: func(machine cloud.Machine) { s.DeleteOutside(machine.NodeName) },
	}
}

var failureRules = map[cloudtest.Failure]faults.Rule{
	cloudtest.FailureUnauthorized: {Action: faults.ActionUnauthorized},
	cloudtest.FailureRateLimited:  {Action: faults.ActionRateLimited, RetryAfterSeconds: int(cloudtest.RetryAfter.Seconds())},
	cloudtest.FailureBroken:       {Action: faults.ActionServerError},
	cloudtest.FailureSilent:       {Action: faults.ActionHang},
}

// addOutside adds a worker past the provider, outside of every group.
func addOutside(t *testing.T, s *simulator.Simulator) {
	t.Helper()
	url := "http://localhost/apps/v2/k8s/cluster/byId/" + clusterID + "/add/slave"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Vpsie-Auth", token)
	response, err := s.Transport().RoundTrip(request)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("add a worker past the provider: %v, %v", response, err)
	}
}
