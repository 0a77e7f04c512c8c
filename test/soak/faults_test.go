package soak

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
)

// chances are how likely a call of a kind meets each of the failures that are for this kind only, and any call each of the others.
// Together about a fifth of all calls go wrong, and more of those that create or delete.
var chances = map[faults.Kind]float64{
	faults.KindOther: 0.014, faults.KindCreation: 0.012, faults.KindDeletion: 0.08, faults.KindList: 0.02, faults.KindLogin: 0.2,
}

// faultRules are all failures that the simulator knows, so that a new one is soaked as soon as it exists. The first that hits wins.
func faultRules() []faults.Rule {
	var special, general []faults.Rule
	for _, description := range faults.Actions {
		rule := faults.Rule{Action: description.Action, Probability: chances[faults.KindOther]}
		if rule.Action == faults.ActionStatus {
			rule.Status, rule.Body = http.StatusServiceUnavailable, "<html>unavailable</html>"
		}
		if len(description.Kinds) == 0 {
			general = append(general, rule)
			continue
		}
		// An action for plans in answers is for creations too, and nobody here asks for offers.
		rule.Probability = chances[description.Kinds[len(description.Kinds)-1]]
		special = append(special, rule)
	}
	return append(append(special, faults.Rule{
		Action: faults.ActionRateLimited, RetryAfterSeconds: 20, Probability: chances[faults.KindOther],
	}), general...)
}

// traffic counts the calls by what came of them.
type traffic struct {
	mu     sync.Mutex
	counts map[string]int
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// wrap puts a transport in the place of the network.
func (c *traffic) wrap(inner http.RoundTripper) func(http.RoundTripper) http.RoundTripper {
	return func(http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			response, err := inner.RoundTrip(r)
			switch {
			case err != nil && r.Context().Err() != nil:
				c.count("no answer")
			case err != nil:
				c.count("cut")
			default:
				c.count(fmt.Sprint(response.StatusCode))
			}
			return response, err
		})
	}
}

func (c *traffic) count(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[what]++
}

func (c *traffic) summary() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	total := 0
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(c.counts)) {
		total += c.counts[what]
		parts = append(parts, fmt.Sprintf("%s: %d", what, c.counts[what]))
	}
	visible := total - c.counts["200"]
	return fmt.Sprintf("%d calls, %d of them failed visibly, %d %% (%s)", total, visible, 100*visible/max(1, total), strings.Join(parts, ", "))
}
