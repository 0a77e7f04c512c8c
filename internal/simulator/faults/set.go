package faults

import (
	"math/rand/v2"
	"sync"
)

// Set is an ordered list of rules; the first that matches a call wins. It is safe for concurrent use.
type Set struct {
	mu     sync.Mutex
	random *rand.Rand
	rules  []*active
}

type active struct {
	Rule
	matcher matcher
	hits    int
}

// NewSet returns a set without rules whose chances come from the seed.
func NewSet(seed uint64) *Set {
	return &Set{random: rand.New(rand.NewPCG(seed, 0))}
}

// Add puts a rule behind the existing ones, or reports which of its fields is wrong.
func (s *Set) Add(rule Rule) error {
	if err := rule.validate(); err != nil {
		return err
	}
	compiled, err := rule.Match.compile()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, &active{Rule: rule, matcher: compiled})
	return nil
}

// Clear removes all rules.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// Take returns the rule that hits the call and counts the hit; false when the call goes well.
func (s *Set) Take(call Call) (Rule, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rule := range s.rules {
		if rule.usedUp() || !rule.applies(call) {
			continue
		}
		if rule.Probability > 0 && s.random.Float64() >= rule.Probability {
			continue
		}
		rule.hits++
		return rule.Rule, true
	}
	return Rule{}, false
}

func (a *active) usedUp() bool { return a.Times > 0 && a.hits >= a.Times }

func (a *active) applies(call Call) bool {
	description, _ := Describe(a.Action) // Add has checked that there is one
	return description.on(call.Kind) && a.matcher.matches(call)
}
