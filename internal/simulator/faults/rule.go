// Package faults decides which calls to the simulated cloud go wrong, and how.
package faults

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Rule makes matching calls go wrong. An empty Match matches every call.
type Rule struct {
	Match Match `json:"match"`
	// Times is how many calls the rule hits before it is used up; 0 is without end.
	Times int `json:"times,omitempty"`
	// Probability is the chance from 0 to 1 that a matching call is hit; 0 stands for always.
	Probability float64 `json:"probability,omitempty"`
	Action      Action  `json:"action"`

	Status  int    `json:"status,omitempty"`  // of the answer; its meaning depends on the action
	Body    string `json:"body,omitempty"`    // with "status"; a JSON envelope when empty
	Code    int    `json:"code,omitempty"`    // with "http200-error"
	Message string `json:"message,omitempty"` // in the envelope, instead of the usual one

	RetryAfterSeconds int `json:"retryAfterSeconds,omitempty"` // with "rate-limited"
	// Seconds is how late something happens, with the actions for which that matters; 0 stands for their own default.
	Seconds int `json:"seconds,omitempty"`
}

// Delay is Seconds, or the default of the action.
func (r Rule) Delay() time.Duration {
	const slow, other = 10 * time.Second, time.Minute
	switch {
	case r.Seconds > 0:
		return time.Duration(r.Seconds) * time.Second
	case r.Action == ActionSlow:
		return slow
	}
	return other
}

// Match selects calls; all its filled fields must match. Regular expressions are unanchored.
type Match struct {
	Method        string `json:"method,omitempty"`
	PathRegex     string `json:"pathRegex,omitempty"`
	HostnameRegex string `json:"hostnameRegex,omitempty"` // of the machine that the call is about
	PlanRegex     string `json:"planRegex,omitempty"`     // nickname of the plan in a creation, or of a plan in an answer
	// DatacenterRegex is for the short code of the data centre in a creation, or of a plan in an answer.
	DatacenterRegex string `json:"datacenterRegex,omitempty"`
}

// Call is what rules look at.
type Call struct {
	Method, Path string
	Hostname     string // empty when the call is not about one machine, or about a worker yet to be named
	Plan         string // nickname; empty unless the call creates a machine
	Datacenter   string // short code; empty unless the call creates a machine
	Kind         Kind
}

// validate reports the first thing wrong with a rule.
func (r Rule) validate() error {
	_, known := Describe(r.Action)
	switch {
	case !known:
		return fmt.Errorf("action %q: want one of %s", r.Action, names())
	case r.Times < 0:
		return fmt.Errorf("times %d: want 0 (without end) or more", r.Times)
	case r.Probability < 0 || r.Probability > 1:
		return fmt.Errorf("probability %v: want a number from 0 to 1", r.Probability)
	case r.Action == ActionStatus && !isFailure(r.Status):
		return fmt.Errorf("status %d: want 400 to 599 with action %q", r.Status, r.Action)
	case r.Status != 0 && r.Status != http.StatusOK && !isFailure(r.Status):
		return fmt.Errorf("status %d: want 400 to 599, or 200 or nothing with some actions", r.Status)
	case r.RetryAfterSeconds < 0:
		return fmt.Errorf("retryAfterSeconds %d: want 0 (none) or more", r.RetryAfterSeconds)
	case r.Seconds < 0:
		return fmt.Errorf("seconds %d: want 0 (the default of the action) or more", r.Seconds)
	}
	return nil
}

func isFailure(status int) bool { return status >= http.StatusBadRequest && status <= 599 }

// matcher is a compiled Match.
type matcher struct {
	method                           string
	path, hostname, plan, datacenter *regexp.Regexp
}

func (m Match) compile() (matcher, error) {
	compiled := matcher{method: strings.ToUpper(m.Method)}
	for _, field := range []struct {
		name, source string
		target       **regexp.Regexp
	}{
		{"pathRegex", m.PathRegex, &compiled.path},
		{"hostnameRegex", m.HostnameRegex, &compiled.hostname},
		{"planRegex", m.PlanRegex, &compiled.plan},
		{"datacenterRegex", m.DatacenterRegex, &compiled.datacenter},
	} {
		expression, err := regexp.Compile(field.source)
		if err != nil {
			return matcher{}, fmt.Errorf("match.%s: %w", field.name, err)
		}
		*field.target = expression
	}
	return compiled, nil
}

func (m matcher) matches(call Call) bool {
	return (m.method == "" || m.method == call.Method) &&
		m.path.MatchString(call.Path) && m.hostname.MatchString(call.Hostname) &&
		m.plan.MatchString(call.Plan) && m.datacenter.MatchString(call.Datacenter)
}
