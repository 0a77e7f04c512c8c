// Package faults decides which calls to the simulated cloud go wrong, and how.
package faults

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Action is what happens to a call that a rule matches.
type Action string

// Actions on any call.
const (
	ActionStatus       Action = "status"            // answered with Status and Body, without effect
	ActionOKError      Action = "http200-error"     // answered with 200 and error:true, Code and Message, without effect
	ActionHang         Action = "hang"              // never answered, without effect
	ActionReset        Action = "accept-then-reset" // takes effect, then the connection is cut before the answer
	ActionAcceptHang   Action = "accept-then-hang"  // takes effect, and is never answered
	ActionIgnore       Action = "ignore"            // answered as a success, without effect
	ActionUnauthorized Action = "unauthorized"      // 401, without effect
	ActionRateLimited  Action = "rate-limited"      // 429, with Retry-After when RetryAfterSeconds is set
)

// Actions on creations of machines only.
const (
	ActionSoldOut      Action = "sold-out"      // refused: no stock
	ActionQuota        Action = "quota"         // refused: account limit
	ActionStuckPending Action = "stuck-pending" // accepted, stays pending for ever
	ActionVanish       Action = "vanish"        // accepted, disappears instead of being listed
	ActionNeverJoin    Action = "never-join"    // built, but nothing runs on it
)

var anyCall = []Action{
	ActionStatus, ActionOKError, ActionHang, ActionReset, ActionAcceptHang, ActionIgnore, ActionUnauthorized, ActionRateLimited,
}

var creationsOnly = []Action{ActionSoldOut, ActionQuota, ActionStuckPending, ActionVanish, ActionNeverJoin}

// Rule makes matching calls go wrong. An empty Match matches every call.
type Rule struct {
	Match Match `json:"match"`
	// Times is how many calls the rule hits before it is used up; 0 is without end.
	Times int `json:"times,omitempty"`
	// Probability is the chance from 0 to 1 that a matching call is hit; 0 stands for always.
	Probability float64 `json:"probability,omitempty"`
	Action      Action  `json:"action"`

	Status int    `json:"status,omitempty"` // with "status"; 400 to 599
	Body   string `json:"body,omitempty"`   // with "status"; a JSON envelope when empty

	Code    int    `json:"code,omitempty"`    // with "http200-error"
	Message string `json:"message,omitempty"` // with "http200-error", or with "status" and no Body

	RetryAfterSeconds int `json:"retryAfterSeconds,omitempty"` // with "rate-limited"
}

// Match selects calls; all its filled fields must match. Regular expressions are unanchored.
type Match struct {
	Method        string `json:"method,omitempty"`
	PathRegex     string `json:"pathRegex,omitempty"`
	HostnameRegex string `json:"hostnameRegex,omitempty"` // of the machine that the call is about
	PlanRegex     string `json:"planRegex,omitempty"`     // nickname of the plan in a creation
}

// Call is what rules look at.
type Call struct {
	Method, Path string
	Hostname     string // empty when the call is not about one machine
	Plan         string // nickname; empty unless the call creates a machine
	Creates      bool   // the call creates a machine
}

// validate reports the first thing wrong with a rule.
func (r Rule) validate() error {
	switch {
	case !slices.Contains(anyCall, r.Action) && !slices.Contains(creationsOnly, r.Action):
		return fmt.Errorf("action %q: want one of %v or, for creations, %v", r.Action, anyCall, creationsOnly)
	case r.Times < 0:
		return fmt.Errorf("times %d: want 0 (without end) or more", r.Times)
	case r.Probability < 0 || r.Probability > 1:
		return fmt.Errorf("probability %v: want a number from 0 to 1", r.Probability)
	case r.Action == ActionStatus && (r.Status < http.StatusBadRequest || r.Status > 599):
		return fmt.Errorf("status %d: want 400 to 599 with action %q", r.Status, r.Action)
	case r.RetryAfterSeconds < 0:
		return fmt.Errorf("retryAfterSeconds %d: want 0 (none) or more", r.RetryAfterSeconds)
	}
	return nil
}

// matcher is a compiled Match.
type matcher struct {
	method               string
	path, hostname, plan *regexp.Regexp
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
		m.path.MatchString(call.Path) && m.hostname.MatchString(call.Hostname) && m.plan.MatchString(call.Plan)
}
