package scenario

import (
	"fmt"
	"strings"
)

// MaxFaults is the number of faults that one Error holds at most.
const MaxFaults = 20

// Fault is one thing that is wrong with a scenario.
type Fault struct {
	// Line and Column are those of the value that is wrong, counted from 1; the column counts bytes.
	Line, Column int
	// Path leads to the value, for example pods[17].spec.containers[0].resources.requests.cpu; empty for the file as a whole.
	Path string
	// Message says what is wrong and what to do.
	Message string
}

// String is the fault in one line.
func (f Fault) String() string {
	if f.Path == "" {
		return fmt.Sprintf("%d:%d: %s", f.Line, f.Column, f.Message)
	}
	return fmt.Sprintf("%d:%d: %s: %s", f.Line, f.Column, f.Path, f.Message)
}

// Error is what Read returns for a scenario that is wrong.
type Error struct {
	// File is the name that was given to Read.
	File string
	// Faults is never empty. Beyond MaxFaults nothing is looked for.
	Faults []Fault
}

// Error has a line for each fault, which starts with FILE:LINE:COLUMN.
func (e *Error) Error() string {
	lines := make([]string, len(e.Faults), len(e.Faults)+1)
	for i, fault := range e.Faults {
		lines[i] = e.File + ":" + fault.String()
	}
	if len(e.Faults) >= MaxFaults {
		lines = append(lines, fmt.Sprintf("%s: reading stopped after %d faults", e.File, MaxFaults))
	}
	return strings.Join(lines, "\n")
}
