package rules

import "slices"

// Reason names the rule that holds a pod. Its values are part of the API: "autoscaler.vpsie.com/" and the reason is the type of a
// cause in the refusal.
type Reason string

// Refusal is what a rule has against an eviction.
type Refusal struct {
	Reason Reason
	// Message says for people what is in the way, and what removes it.
	Message string
}

// Verdict is the answer to an eviction. The zero value allows it.
type Verdict struct {
	// Refusals are what all rules have against the eviction; it is allowed if there are none.
	Refusals []Refusal
	// Override is the annotation that set aside the refusals in Overruled; nil if there was nothing to set aside.
	Override  *Override
	Overruled []Refusal
	// Warnings tell of what the eviction costs although it is allowed.
	Warnings []string
}

// Allowed reports whether the eviction may go on to the API server's own checks.
func (v Verdict) Allowed() bool { return len(v.Refusals) == 0 }

// rule returns nil if it has nothing against the eviction of the snapshot's pod.
type rule func(*Snapshot) *Refusal

// rules are asked in this order.
var rules = []rule{
	severalBudgets, // the API server could evict the pod at no time
	doNotDisrupt,   // its author asked for peace
	midRollout,     // it is being replaced, and evictions would count on top
	lastReady,      // nothing would serve in its place
	pace,           // the cluster has lost enough pods for a minute
}

// insurmountable are the refusals that no override sets aside, since the API server would refuse as well.
var insurmountable = []Reason{SeveralBudgets}

// Decide judges the eviction of the snapshot's pod.
func Decide(s Snapshot) Verdict {
	if exempt(s.Pod) {
		return Verdict{}
	}
	var verdict Verdict
	override := findOverride(&s)
	for _, hold := range rules {
		refusal := hold(&s)
		switch {
		case refusal == nil:
		case override != nil && !slices.Contains(insurmountable, refusal.Reason):
			verdict.Override, verdict.Overruled = override, append(verdict.Overruled, *refusal)
		default:
			verdict.Refusals = append(verdict.Refusals, *refusal)
		}
	}
	if verdict.Allowed() {
		verdict.Warnings = doubts(&s)
	}
	return verdict
}
