// Package imports_test checks how the packages of the product depend on each other: which may import which, and that those
// that decide are pure. docs/architecture.md says why.
package imports_test

import (
	"slices"
	"strings"
	"testing"
)

// direction says what the packages below a folder may import of ours.
type direction struct {
	from string
	to   []string
}

// directions are the allowed imports. Of several entries that cover a package, the longest counts. A package may always import
// what lies in the same top-level folder.
var directions = []direction{
	{from: "api"},
	{from: "costs", to: []string{"api", "internal/timetable"}},
	{from: "provisioner", to: []string{"costs", "api", "internal"}},
	{from: "extender", to: []string{"provisioner/plan", "provisioner/cloud", "costs", "api", "internal"}},
	{from: "webhook", to: []string{"provisioner/plan", "provisioner/cloud", "costs", "api", "internal"}},
	{from: "rebalancer", to: []string{"provisioner/plan", "provisioner/cloud", "costs", "api", "internal"}},
	{from: "internal", to: []string{"api"}},
	{from: "internal/simulator", to: []string{"costs", "api"}},
	{from: "internal/testing", to: []string{"extender", "webhook", "provisioner", "rebalancer", "costs", "api"}},
	{from: "cmd", to: []string{"extender", "webhook", "provisioner", "rebalancer", "costs", "api", "internal"}},
	{from: "test", to: []string{"extender", "webhook", "provisioner", "rebalancer", "costs", "api", "internal"}},
}

// reserved are packages that few may import, whatever the directions say.
var reserved = []direction{
	{from: "provisioner/cloud/vpsie", to: []string{"cmd", "test"}},
	{from: "provisioner/scenario", to: []string{"cmd/kubectl-vpsie", "test"}},
	{from: "provisioner/cloud/cloudtest", to: []string{"test", "internal/testing"}},
	{from: "provisioner/cloud/fake", to: []string{"test", "internal/testing"}},
	{from: "internal/simulator", to: []string{"cmd/vpsie-sim", "test", "internal/testing"}},
	{from: "internal/testing", to: []string{"test"}},
}

func TestImportsRunOneWay(t *testing.T) {
	packages := load(t)
	for name, p := range packages {
		rule, found := ruleFor(name)
		if !found {
			t.Errorf("%s: no rule says what it may import: add its folder to directions", name)
		}
		for _, imported := range p.ours {
			if top(imported) != top(name) && !within(imported, rule.to) {
				t.Errorf("%s imports %s: packages of %s may import of ours only %v", name, imported, rule.from, rule.to)
			}
		}
	}
}

func TestReservedPackagesAreImportedByFew(t *testing.T) {
	for name, p := range load(t) {
		for _, r := range reserved {
			if within(name, append(r.to, r.from)) {
				continue
			}
			for _, imported := range p.ours {
				if within(imported, []string{r.from}) {
					t.Errorf("%s imports %s, which is only for %v", name, imported, r.to)
				}
			}
		}
	}
}

// The scheduler's wire types stay at the edge, and what needs k8s.io/kubernetes stays in modules of its own.
func TestForeignWireTypesStayWhereTheyBelong(t *testing.T) {
	for name, p := range load(t) {
		for _, imported := range p.foreign {
			switch {
			case within(imported, []string{"k8s.io/kube-scheduler"}) && name != "extender":
				t.Errorf("%s imports %s, which is only for extender", name, imported)
			case within(imported, []string{"k8s.io/kubernetes", "go.etcd.io/etcd", "sigs.k8s.io/kwok", "sigs.k8s.io/karpenter"}):
				t.Errorf("%s imports %s, which belongs to a module of its own below test", name, imported)
			}
		}
	}
}

func ruleFor(name string) (direction, bool) {
	var best direction
	found := false
	for _, d := range directions {
		if within(name, []string{d.from}) && len(d.from) > len(best.from) {
			best, found = d, true
		}
	}
	return best, found
}

// within reports whether a package is one of the folders or lies below one.
func within(name string, folders []string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool {
		return name == folder || strings.HasPrefix(name, folder+"/")
	})
}

// top is the first element of a path.
func top(name string) string {
	first, _, _ := strings.Cut(name, "/")
	return first
}
