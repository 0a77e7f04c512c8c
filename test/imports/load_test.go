package imports_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const (
	module = "github.com/vpsie/vpsie-autoscaler"
	// root is the repository, seen from this folder.
	root = "../.."
)

// read is one package of the main module, tests left out. Names of ours are relative to the module.
type read struct {
	files   []string
	ours    []string
	foreign []string
}

// load reads the packages of the main module by their relative path. It reads the sources itself, rather than ask `go list`, so
// that the go command knows what the result depends on and does not repeat an old one.
func load(t *testing.T) map[string]*read {
	t.Helper()
	packages, err := readAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) == 0 {
		t.Fatalf("there is no package in %s", root)
	}
	return packages
}

var readAll = sync.OnceValues(func() (map[string]*read, error) {
	packages := map[string]*read{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && elsewhere(path, entry.Name()):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		name, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if packages[name] == nil {
			packages[name] = &read{}
		}
		return packages[name].add(path)
	})
	return packages, err
})

// elsewhere reports whether a folder is no part of the main module.
func elsewhere(path, name string) bool {
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	return err == nil || strings.HasPrefix(name, ".") || name == "bin" || name == "testdata"
}

// add notes what a file imports.
func (r *read) add(path string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	r.files = append(r.files, path)
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		if name, ours := strings.CutPrefix(imported, module+"/"); ours {
			r.ours = append(r.ours, name)
		} else {
			r.foreign = append(r.foreign, imported)
		}
	}
	return nil
}
