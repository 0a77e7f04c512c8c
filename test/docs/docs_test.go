// Package docs_test keeps the documents true: what can be generated from the code is, what is written by hand is compared with
// it, and links lead somewhere. `go test ./test/docs -update`, which `make generate` calls, writes what is generated.
package docs_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/internal/config"
)

var update = flag.Bool("update", false, "write the generated documents instead of comparing them")

// root is the repository, seen from this folder.
const root = "../.."

func TestConfigurationDocumentIsCurrent(t *testing.T) {
	var want bytes.Buffer
	if err := config.WriteMarkdown(&want); err != nil {
		t.Fatal(err)
	}
	current(t, "docs/configuration.md", want.String())
}

func TestMetricsDocumentIsCurrent(t *testing.T) {
	const begin, end = "<!-- metrics: written by `make generate` -->\n", "<!-- end of metrics -->"
	document := read(t, "docs/operations.md")
	head, rest, found := strings.Cut(document, begin)
	_, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("docs/operations.md lacks the lines %q and %q, between which the metrics are listed", begin, end)
	}
	current(t, "docs/operations.md", head+begin+metricsTable(t)+end+tail)
}

// current compares a document with what it should be, or makes it so.
func current(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(filepath.Join(root, path), []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(read(t, path), "\n")); diff != "" {
		t.Errorf("%s is outdated: run `make generate` (-want +got):\n%s", path, diff)
	}
}

// read returns a file of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
