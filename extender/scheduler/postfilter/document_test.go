package postfilter

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// What an operator sets and sees is in the document for operators.
func TestTheDocumentNamesEveryArgumentAndResult(t *testing.T) {
	content, err := os.ReadFile("../../../docs/extender.md")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{Name, Metric, resultSent, resultRepeated, resultDropped, resultFailed}
	for field := range reflect.TypeFor[Args]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	for _, name := range names {
		if !strings.Contains(string(content), "`"+name+"`") {
			t.Errorf("docs/extender.md does not mention `%s`", name)
		}
	}
}
