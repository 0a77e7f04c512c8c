package tables

import (
	"fmt"
	"os"
	"strings"
)

// end is the line after the tables of any program.
const end = "<!-- end of what was measured -->"

// begin is the line before the tables of one subject.
func begin(subject string) string {
	return fmt.Sprintf("<!-- measured, the %s: written by `make bench` -->\n", subject)
}

// Insert returns the document with the tables of a subject in their place.
func Insert(document, subject, tables string) (string, error) {
	head, rest, found := strings.Cut(document, begin(subject))
	_, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", fmt.Errorf("the document lacks the lines %q and %q, between which the tables go", begin(subject), end)
	}
	return head + begin(subject) + "\n" + strings.TrimSpace(tables) + "\n\n" + end + tail, nil
}

// InsertInto puts the tables of a subject into the document of a path.
func InsertInto(path, subject, tables string) error {
	document, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("write the tables: %w", err)
	}
	changed, err := Insert(string(document), subject, tables)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		return fmt.Errorf("write the tables: %w", err)
	}
	return nil
}
