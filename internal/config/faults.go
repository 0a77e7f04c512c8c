package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with the configuration.
type Fault struct {
	// Key is the setting, or whatever was taken for one.
	Key string
	// Value is what it was set to; empty when it is missing, unknown or better not shown.
	Value string
	// Source is where the value came from, such as "flag --webhook-port"; empty for a default.
	Source string
	// Problem says what is wrong and what to do about it.
	Problem string
}

// String is the fault on one line.
func (f Fault) String() string {
	var line strings.Builder
	line.WriteString(f.Key)
	if f.Value != "" {
		fmt.Fprintf(&line, " %q", f.Value)
	}
	if f.Source != "" {
		fmt.Fprintf(&line, " (%s)", f.Source)
	}
	return line.String() + ": " + f.Problem
}

// Faults is the error of Load: everything that is wrong, one line each, sorted by key.
type Faults []Fault

// Error implements error.
func (f Faults) Error() string {
	lines := make([]string, 0, len(f)+1)
	lines = append(lines, fmt.Sprintf("the configuration has %d fault(s):", len(f)))
	for _, fault := range f {
		lines = append(lines, "  "+fault.String())
	}
	return strings.Join(lines, "\n")
}

func (f Faults) sort() {
	slices.SortStableFunc(f, func(a, b Fault) int { return cmp.Compare(a.Key, b.Key) })
}
