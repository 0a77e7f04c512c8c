package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Conditions, reasons and events are read by people and by alerts, so each has to be explained.
func TestDocumentsNameWhatTheSuiteSays(t *testing.T) {
	for _, test := range []struct {
		document, source string
		prefixes         []string
	}{
		{"docs/architecture.md", "api/v1alpha1/conditions.go", []string{"Condition", "Reason"}},
		{"docs/architecture.md", "api/v1alpha1/vpsienode_types.go", []string{"Phase"}},
		{"docs/architecture.md", "provisioner/plan/plan.go", []string{"Reason"}},
		{"docs/architecture.md", "provisioner/plan/constraints.go", []string{"Constraint"}},
		{"docs/architecture.md", "extender/unschedulable/state.go", []string{""}},
		{"docs/extender.md", "extender/diagnosis/result.go", []string{""}},
		{"docs/operations.md", "provisioner/provisioner.go", []string{"Event"}},
		{"docs/operations.md", "provisioner/lifecycle/life.go", []string{"Event"}},
		{"docs/operations.md", "rebalancer/scaledown.go", []string{"Event"}},
		{"docs/operations.md", "rebalancer/repair/repair.go", []string{"Event"}},
		{"docs/operations.md", "provisioner/gc/sweeper.go", []string{"Event"}},
		{"docs/api.md", "api/v1alpha1/keys.go", []string{"Tag"}},
		{"docs/api.md", "api/v1alpha1/keys.go", []string{"Label", "Annotation", "Taint", "Finalizer"}},
		{"docs/api.md", "api/v1alpha1/conditions.go", []string{"Decision"}},
	} {
		document := read(t, test.document)
		values := constants(t, test.source, test.prefixes)
		if len(values) == 0 {
			t.Errorf("%s has no constant that starts with one of %v: has it moved?", test.source, test.prefixes)
		}
		for name, value := range values {
			if !strings.Contains(document, "`"+value+"`") {
				t.Errorf("%s does not mention `%s`, which is %s of %s", test.document, value, name, test.source)
			}
		}
	}
}

// constants are the texts of the exported constants of a file whose names start with one of the prefixes.
func constants(t *testing.T, path string, prefixes []string) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || len(spec.Values) != len(spec.Names) {
			return true
		}
		for i, name := range spec.Names {
			for _, prefix := range prefixes {
				if value := text(spec.Values[i]); strings.HasPrefix(name.Name, prefix) && value != "" {
					found[name.Name] = value
				}
			}
		}
		return true
	})
	return found
}

// keyPrefix is what the constants of api/v1alpha1/keys.go call KeyPrefix.
const keyPrefix = "autoscaler.vpsie.com/"

// text is the value of a constant that is a literal, or KeyPrefix and a literal; empty for anything else.
func text(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.BasicLit:
		if unquoted, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return unquoted
		}
	case *ast.BinaryExpr:
		if prefix, ok := e.X.(*ast.Ident); ok && prefix.Name == "KeyPrefix" {
			return keyPrefix + text(e.Y)
		}
	}
	return ""
}
