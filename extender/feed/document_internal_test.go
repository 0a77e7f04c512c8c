package feed

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Given the row of the document about nodes that are about to be interrupted, then it names every condition and reason that counts,
// and no other.
func TestTheDocumentNamesWhatInterrupts(t *testing.T) {
	content, err := os.ReadFile("../../docs/extender.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(content), "| 1 | the node is about to be interrupted")
	if !found {
		t.Fatal("docs/extender.md has no row about interrupted nodes")
	}
	row, _, _ := strings.Cut(rest, "\n")
	var named, want []string
	for i, part := range strings.Split(row, "`") {
		if i%2 == 1 {
			named = append(named, part)
		}
	}
	for condition := range interrupting {
		want = append(want, string(condition))
	}
	for reason := range failing {
		want = append(want, reason)
	}
	slices.Sort(named)
	slices.Sort(want)
	if diff := cmp.Diff(want, named); diff != "" {
		t.Errorf("docs/extender.md (-code +document):\n%s", diff)
	}
}
