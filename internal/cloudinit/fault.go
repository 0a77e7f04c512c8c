package cloudinit

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with a template, or with the document that it makes.
type Fault struct {
	// Line of the template, from 1; 0 for a fault that is not in one line of it.
	Line int
	// Problem says what is wrong, and what to do.
	Problem string
}

// String is the fault in one line.
func (f Fault) String() string {
	if f.Line == 0 {
		return f.Problem
	}
	return fmt.Sprintf("line %d: %s", f.Line, f.Problem)
}

// Faults is the error of this package: all that was found, in the order of the template. A fault may quote the values that a
// template was rendered with.
type Faults []Fault

// Error is all faults in one line.
func (f Faults) Error() string {
	parts := make([]string, len(f))
	for i, fault := range f {
		parts[i] = fault.String()
	}
	return strings.Join(parts, "; ")
}

// fault is an error about the whole template or document.
func fault(format string, args ...any) Faults {
	return Faults{{Problem: fmt.Sprintf(format, args...)}}
}
