package imports_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pure are the folders whose packages decide. A decision takes a snapshot and returns data with reasons, so it can be explained,
// rehearsed, fuzzed and measured, and is the same wherever it is made.
var pure = []string{
	"provisioner/plan", "provisioner/gc/orphans", "rebalancer/candidates", "extender/score", "costs", "internal/workload", "internal/cloudinit",
	"webhook/eviction/rules",
}

// vocabulary are the packages of ours that something pure may speak in, beside what is pure itself: types, and what makes names.
var vocabulary = []string{"api", "provisioner/cloud", "provisioner/hostnames"}

// thoughtless are the packages that something pure may import: they compute, and neither ask, wait, report nor remember.
var thoughtless = []string{
	"bytes", "cmp", "container", "embed", "encoding", "errors", "fmt", "hash", "io", "iter", "maps", "math", "mime", "net/mail", "reflect", "regexp",
	"slices", "sort", "strconv", "strings", "text/template", "time", "unicode", "go.yaml.in/yaml/v3", "golang.org/x/crypto/ssh", "sigs.k8s.io/yaml",
	"k8s.io/api", "k8s.io/apimachinery/pkg/api/meta", "k8s.io/apimachinery/pkg/api/resource", "k8s.io/apimachinery/pkg/apis/meta/v1", "k8s.io/apimachinery/pkg/labels",
	"k8s.io/apimachinery/pkg/types", "k8s.io/apimachinery/pkg/util/sets",
	"k8s.io/component-helpers/resource", "k8s.io/component-helpers/scheduling/corev1",
	"github.com/go-logr/logr", // only logr.Discard, which the helpers above want: see impurities
}

// clocks are the functions of package time that look at the clock or wait for it.
var clocks = []string{"Now", "Since", "Until", "After", "AfterFunc", "NewTicker", "NewTimer", "Sleep", "Tick"}

func TestPureFoldersHoldPackages(t *testing.T) {
	packages := load(t)
	for _, folder := range pure {
		found := false
		for name := range packages {
			found = found || within(name, []string{folder})
		}
		if !found {
			t.Errorf("there is no package in %s: has it moved?", folder)
		}
	}
}

func TestPurePackagesImportOnlyWhatComputes(t *testing.T) {
	packages := load(t)
	for name, p := range packages {
		if !within(name, pure) {
			continue
		}
		for _, imported := range p.foreign {
			if !within(imported, thoughtless) || within(imported, []string{"math/rand"}) {
				t.Errorf("%s imports %s, but decides: it may only compute", name, imported)
			}
		}
		for _, imported := range reachable(packages, name) {
			if !within(imported, pure) && !within(imported, vocabulary) {
				t.Errorf("%s reaches %s, but decides: of ours it may only use what is pure", name, imported)
			}
		}
	}
}

func TestPurePackagesNeitherLookAtTheClockNorLogNorStartGoroutines(t *testing.T) {
	for name, p := range load(t) {
		if !within(name, pure) {
			continue
		}
		for _, file := range p.files {
			fault, err := impurities(file, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range fault {
				t.Errorf("%s/%s, but decides: a decision depends on nothing but its snapshot", name, f)
			}
		}
	}
}

func TestImpuritiesAreFound(t *testing.T) {
	for name, test := range map[string]struct {
		source string
		want   []string
	}{
		"a goroutine":           {`package p; func f() { go f() }`, []string{"x.go:1 starts a goroutine"}},
		"the clock":             {"package p\nimport \"time\"\nfunc f() time.Time { return time.Now() }", []string{"x.go:3 calls time.Now"}},
		"the clock, renamed":    {"package p\nimport t \"time\"\nvar f = t.Since", []string{"x.go:3 calls time.Since"}},
		"a value called time":   {`package p; func f(time interface{ Now() int }) int { return time.Now() }`, nil},
		"a logger":              {"package p\nimport \"github.com/go-logr/logr\"\nvar l logr.Logger", []string{"x.go:3 uses logr.Logger"}},
		"no logger":             {"package p\nimport \"github.com/go-logr/logr\"\nvar l = logr.Discard()", nil},
		"durations and instant": {"package p\nimport \"time\"\nfunc f(a time.Time) time.Time { return a.Add(time.Second) }", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := impurities("x.go", test.source)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings differ (-want +got):\n%s", diff)
			}
		})
	}
}

// reachable are our packages that a package imports, directly or through others.
func reachable(packages map[string]*read, from string) []string {
	seen := map[string]bool{}
	var visit func(string)
	visit = func(name string) {
		p := packages[name]
		if p == nil {
			return
		}
		for _, imported := range p.ours {
			if !seen[imported] {
				seen[imported] = true
				visit(imported)
			}
		}
	}
	visit(from)
	var names []string
	for name := range seen {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// impurities lists what in a file starts a goroutine, looks at the clock or logs. source is as in parser.ParseFile.
func impurities(name string, source any) ([]string, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	timeName, logrName := importedAs(file, "time"), importedAs(file, "github.com/go-logr/logr")
	var found []string
	note := func(at token.Pos, what string) {
		position := files.Position(at)
		found = append(found, fmt.Sprintf("%s:%d %s", filepath.Base(position.Filename), position.Line, what))
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.GoStmt:
			note(n.Pos(), "starts a goroutine")
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			switch {
			case !ok || x.Name == "":
			case x.Name == timeName && slices.Contains(clocks, n.Sel.Name):
				note(n.Pos(), "calls time."+n.Sel.Name)
			case x.Name == logrName && n.Sel.Name != "Discard":
				note(n.Pos(), "uses logr."+n.Sel.Name)
			}
		}
		return true
	})
	return found, nil
}

// importedAs is the name that a file gives to a package; empty when it does not import it.
func importedAs(file *ast.File, imported string) string {
	for _, spec := range file.Imports {
		if unquoted, err := strconv.Unquote(spec.Path.Value); err != nil || unquoted != imported {
			continue
		}
		if spec.Name != nil {
			return strings.TrimSpace(spec.Name.Name)
		}
		return path.Base(imported)
	}
	return ""
}
