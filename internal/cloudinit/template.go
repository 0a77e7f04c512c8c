package cloudinit

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

// MaxTemplateBytes is the length of the longest template.
const MaxTemplateBytes = 64 << 10

// main is the name of the template itself, beside those that it defines.
const main = "template"

// parsed is a template that can be rendered any number of times, also at once.
type parsed struct {
	text  string
	tree  *template.Template
	reads []reference     // what it reads in any case
	names map[string]bool // what it may read
}

// parseText reads a template. The error is Faults.
func parseText(text string) (*parsed, error) {
	if len(text) > MaxTemplateBytes {
		return nil, fault("the template has %d bytes: at most %d are accepted", len(text), MaxTemplateBytes)
	}
	tree, err := template.New(main).Option("missingkey=error").Funcs(callable(&budget{})).Parse(text)
	if err != nil {
		return nil, Faults{located(err)}
	}
	p := &parsed{text: text, tree: tree, names: map[string]bool{}}
	for _, named := range tree.Templates() {
		if named.Tree == nil || named.Root == nil {
			continue
		}
		reads, names := references(named.Root)
		maps.Copy(p.names, names)
		if named.Name() == main {
			p.reads = reads
		}
	}
	return p, meter(tree)
}

// uses reports whether the template may read a variable.
func (p *parsed) uses(name string) bool { return p.names[name] }

// render executes the template. The error is Faults.
func (p *parsed) render(values map[string]any) ([]byte, error) {
	if undefined := p.undefined(values); len(undefined) > 0 {
		return nil, undefined
	}
	tree, err := p.tree.Clone()
	if err != nil {
		return nil, fault("%v", err)
	}
	var document bounded
	if err := tree.Funcs(callable(&budget{})).Execute(&document, values); err != nil {
		return nil, explain(err, values)
	}
	return document.Bytes(), nil
}

// maxUndefined is how many variables are named that nobody defines; each comes with a list of those that are.
const maxUndefined = 10

// undefined are faults about the variables that the template reads and nobody gives it, each where it is read first.
func (p *parsed) undefined(values map[string]any) Faults {
	var faults Faults
	named := map[string]bool{}
	for _, read := range p.reads {
		if _, defined := values[read.name]; defined || named[read.name] {
			continue
		}
		if len(faults) == maxUndefined {
			return append(faults, Fault{Problem: "more variables are not defined"})
		}
		named[read.name] = true
		line := 1 + strings.Count(p.text[:read.at], "\n")
		faults = append(faults, Fault{Line: line, Problem: undefined(read.name, values)})
	}
	return faults
}

func undefined(name string, values map[string]any) string {
	return fmt.Sprintf("variable %s is not defined: define it in spec.cloudInitVariables, or use one of %s", name, strings.Join(slices.Sorted(maps.Keys(values)), ", "))
}

// missing finds the variable that a template asked for in vain.
var missing = regexp.MustCompile(`map has no entry for key "([^"]*)"`)

// explain makes faults of an error of Execute.
func explain(err error, values map[string]any) Faults {
	for _, limit := range []error{errWork, errSize} {
		if errors.Is(err, limit) {
			return fault("%v", limit)
		}
	}
	found := located(err)
	if match := missing.FindStringSubmatch(found.Problem); match != nil {
		found.Problem = undefined(match[1], values)
	}
	return Faults{found}
}

var (
	// location is how text/template starts its errors.
	location = regexp.MustCompile(`(?s)^template: ` + main + `:(\d+)(?::\d+)?: (?:executing "[^"]*" )?(.*)$`)
	// unknown is how it says that a function does not exist.
	unknown = regexp.MustCompile(`function "[^"]*" not defined`)
)

// located takes the line out of an error of text/template.
func located(err error) Fault {
	match := location.FindStringSubmatch(err.Error())
	if match == nil {
		return Fault{Problem: err.Error()}
	}
	line, _ := strconv.Atoi(match[1]) // digits, and 0 says as much as nothing for too many of them
	problem := match[2]
	if unknown.MatchString(problem) {
		problem += ": use one of " + strings.Join(functionNames(), ", ") + ", or those of Go's text/template"
	}
	return Fault{Line: line, Problem: problem}
}

func functionNames() []string {
	names := make([]string, len(functions))
	for i, function := range functions {
		names[i] = function.Name
	}
	slices.Sort(names)
	return names
}
