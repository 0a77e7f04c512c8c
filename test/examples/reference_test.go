package examples_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/internal/cloudinit"
)

// The tables of docs/cloud-init.md repeat what the code says; a difference is mended by copying the wanted lines there.
func TestCloudInitDocumentListsEveryVariableAndFunction(t *testing.T) {
	var variables, functions []string
	for _, variable := range cloudinit.Variables() {
		settable := "yes"
		if variable.Fixed {
			settable = "no"
		}
		variables = append(variables, fmt.Sprintf("| `%s` | %s | %s |", variable.Name, variable.Doc, settable))
	}
	for _, function := range cloudinit.Functions() {
		functions = append(functions, fmt.Sprintf("| `%s` | `{{ %s }}` | %s |", function.Name, function.Usage, function.Doc))
	}
	for section, want := range map[string][]string{"Variables": variables, "Functions": functions} {
		if diff := cmp.Diff(want, rows(t, section)); diff != "" {
			t.Errorf("docs/cloud-init.md, section %s (-want +got):\n%s", section, diff)
		}
	}
}

var row = regexp.MustCompile("(?m)^\\| `.*$")

// rows are the lines of the table in a section.
func rows(t *testing.T, section string) []string {
	t.Helper()
	text := page(t)
	_, text, found := strings.Cut(text, "\n## "+section+"\n")
	if !found {
		t.Fatalf("docs/cloud-init.md has no section %s", section)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return row.FindAllString(text, -1)
}

func page(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "docs/cloud-init.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

var block = regexp.MustCompile("(?s)<!-- template -->\n((?:\n|    [^\n]*\n)+)")

// Every template in the document is rendered.
func TestTemplatesInTheDocumentAreSound(t *testing.T) {
	found := block.FindAllStringSubmatch(page(t), -1)
	if len(found) < 2 {
		t.Fatalf("%d templates found, want at least two", len(found))
	}
	for _, match := range found {
		var template strings.Builder
		for line := range strings.Lines(strings.Trim(match[1], "\n")) {
			template.WriteString(strings.TrimPrefix(line, "    "))
		}
		source := cloudinit.Source{Template: template.String(), Variables: map[string]string{"motd": "hello"}}
		if rehearsal, err := source.Rehearse(); err != nil || !rehearsal.Joins {
			t.Errorf("%v, joins %t:\n%s", err, rehearsal.Joins, template.String())
		}
	}
}

func TestTheDocumentShowsTheDefaultTemplate(t *testing.T) {
	var indented strings.Builder
	for line := range strings.Lines(cloudinit.Default()) {
		indented.WriteString("    " + line)
	}
	if !strings.Contains(page(t), indented.String()) {
		t.Errorf("docs/cloud-init.md does not show the default template as it is:\n%s", indented.String())
	}
}
