package vpsie_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/account"
	simcatalogue "github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	simcloud "github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/cloudtest"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

const (
	contractToken = "contract-token"
	planG2        = "00000004-5a11-11f0-a000-000000000001"
)

// The API is known from hearsay, so the client has to keep the contract in whichever of its shapes it turns out to have.
func TestClientKeepsTheContract(t *testing.T) {
	tests := map[string]struct {
		api  httpapi.Options
		lag  time.Duration
		path string
		via  vpsie.UserDataVia
	}{
		"as documented":           {},
		"lists in pages and late": {api: httpapi.Options{PageSize: 2, ListTags: httpapi.TagsNull}, lag: 10 * time.Second},
		"errors under 200":        {api: httpapi.Options{ErrorsUnder200: true, ReplyIdentifier: true, Prices: httpapi.PricesMixed}, path: "/apps/v2/vm"},
		"passwords and scripts":   {api: httpapi.Options{DeletePassword: httpapi.PasswordVM, ListTags: httpapi.TagsArray}, via: vpsie.ViaScript},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			cloudtest.Run(t, func(t *testing.T) cloudtest.Harness {
				test.api.Tokens = []string{contractToken}
				s := simulated(t, simulator.Options{API: test.api, ListLag: test.lag})
				return contractHarness(t, s, vpsie.Options{
					URL: "http://localhost", VMPath: test.path, UserDataVia: test.via, ProjectID: "1", ImageID: simcatalogue.Image.Identifier,
					Credentials:   func(context.Context) (vpsie.Credentials, error) { return vpsie.APIToken(contractToken), nil },
					WrapTransport: func(http.RoundTripper) http.RoundTripper { return s.Transport() },
				})
			})
		})
	}
}

// simulated is a cloud with realistic latencies and empty machines.
func simulated(t *testing.T, options simulator.Options) *simulator.Simulator {
	t.Helper()
	latencies, err := simcloud.LatencyProfile("realistic")
	if err != nil {
		t.Fatal(err)
	}
	options.Seed, options.Latencies, options.Guest = 1, latencies, idle{}
	s := simulator.New(options)
	t.Cleanup(s.Close)
	return s
}

// idle is a machine on which nothing runs.
type idle struct{}

// Run implements simcloud.Guest.
func (idle) Run(ctx context.Context, _ simcloud.Host, _ simcloud.Report) { <-ctx.Done() }

func contractHarness(t *testing.T, s *simulator.Simulator, options vpsie.Options) cloudtest.Harness {
	t.Helper()
	client, err := vpsie.New(options)
	if err != nil {
		t.Fatal(err)
	}
	inject := func(rule faults.Rule) {
		if err := s.InjectFault(rule); err != nil {
			t.Fatal(err)
		}
	}
	return cloudtest.Harness{
		Provider: client, DatacenterID: simcatalogue.Datacenters[0].Identifier, OfferingID: planG2, Patience: 6 * time.Minute,
		Fail: func(failure cloudtest.Failure) {
			s.ClearFaults()
			if rule, fails := failureRules[failure]; fails {
				inject(rule)
			}
		},
		SellOut: func(string, string) { inject(faults.Rule{Action: faults.ActionSoldOut}) },
		Fill:    func() { inject(faults.Rule{Action: faults.ActionQuota}) },
		LoseAnswer: func() {
			inject(faults.Rule{Action: faults.ActionReset, Times: 1, Match: faults.Match{Method: "POST", PathRegex: "/vm$"}})
		},
		Conceal:       func() { inject(faults.Rule{Action: faults.ActionTruncated, Match: faults.Match{PathRegex: "/vm$"}}) },
		AddOutside:    func(hostname string) { orderOutside(t, s, hostname) },
		RemoveOutside: func(machine cloud.Machine) { s.DeleteOutside(machine.Hostname) },
		SSHKeyIDs:     []string{account.Keys[0].Identifier, account.Keys[1].Identifier},
		SSHKeysOf: func(machine cloud.Machine) []string {
			for _, have := range s.Machines() {
				if have.Identifier == machine.ID {
					return have.SSHKeys
				}
			}
			return nil
		},
	}
}

var failureRules = map[cloudtest.Failure]faults.Rule{
	cloudtest.FailureUnauthorized: {Action: faults.ActionUnauthorized},
	cloudtest.FailureRateLimited:  {Action: faults.ActionRateLimited, RetryAfterSeconds: int(cloudtest.RetryAfter.Seconds())},
	cloudtest.FailureBroken:       {Action: faults.ActionServerError},
	cloudtest.FailureSilent:       {Action: faults.ActionHang},
}

// orderOutside orders a machine past the client.
func orderOutside(t *testing.T, s *simulator.Simulator, hostname string) {
	t.Helper()
	body := `{"resourceIdentifier":"` + planG2 + `","osIdentifier":"` + simcatalogue.Image.Identifier + `","dcIdentifier":"` +
		simcatalogue.Datacenters[0].Identifier + `","hostname":"` + hostname + `","projectId":"1"}`
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/api/v2/vm", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Vpsie-Auth", contractToken)
	request.Header.Set("Content-Type", "application/json")
	response, err := s.Transport().RoundTrip(request)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("order past the client: %v, %v", response, err)
	}
}
