package report

import (
	"fmt"
	"os"
	"strings"
)

// The lines between which a document wants the tables.
const (
	Begin = "<!-- measured: written by `make bench` -->\n"
	End   = "<!-- end of what was measured -->"
)

// Insert returns the document with the tables in their place.
func Insert(document, tables string) (string, error) {
	head, rest, found := strings.Cut(document, Begin)
	_, tail, closed := strings.Cut(rest, End)
	if !found || !closed {
		return "", fmt.Errorf("the document lacks the lines %q and %q, between which the tables go", Begin, End)
	}
	return head + Begin + "\n" + strings.TrimSpace(tables) + "\n\n" + End + tail, nil
}

// InsertInto puts the tables into the document of a path.
func InsertInto(path, tables string) error {
	document, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("write the tables: %w", err)
	}
	changed, err := Insert(string(document), tables)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		return fmt.Errorf("write the tables: %w", err)
	}
	return nil
}
