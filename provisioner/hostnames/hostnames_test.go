package hostnames_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/hostnames"
)

var prod = hostnames.Scheme{Prefix: "prod-", ClusterID: "6f0c1f5e-6c3a-4b43-8f0e-8c6f8f1d2a11"}

func TestNamesAreValidUniqueAndRecognised(t *testing.T) {
	longest := hostnames.Scheme{Prefix: strings.Repeat("p", 12) + "-", ClusterID: prod.ClusterID}
	seen := map[string]bool{}
	for range 1000 {
		for _, name := range []string{prod.New("web"), prod.New("web.blue"), longest.New(strings.Repeat("g", v1alpha1.MaxNodeGroupName))} {
			if faults := validation.IsDNS1123Label(name); len(faults) > 0 || seen[name] {
				t.Fatalf("%s: faults %v, used before: %v", name, faults, seen[name])
			}
			seen[name] = true
			if !prod.Made(name) && !longest.Made(name) {
				t.Fatalf("%s is not recognised", name)
			}
		}
	}
	if name := prod.New("web"); !prod.Made(strings.ToUpper(name)) {
		t.Errorf("%s in upper case is not recognised", name)
	}
}

func TestForeignNamesAreNotOurs(t *testing.T) {
	name := prod.New("web")
	flip := map[byte]string{'a': "b"}[name[len(name)-1]]
	if flip == "" {
		flip = "a"
	}
	cases := map[string]struct {
		scheme   hostnames.Scheme
		hostname string
	}{
		"a machine made by hand":              {prod, "prod-db-1"},
		"one with a long random end":          {prod, "prod-db-abcdefghijkl"},
		"another prefix":                      {hostnames.Scheme{Prefix: "test-", ClusterID: prod.ClusterID}, name},
		"another cluster of the same name":    {hostnames.Scheme{Prefix: "prod-", ClusterID: "other"}, name},
		"a name with one letter changed":      {prod, name[:len(name)-1] + flip},
		"a name moved to another group":       {prod, strings.Replace(name, "web", "api", 1)},
		"a name with something behind it":     {prod, name + "-1"},
		"a name with something before it":     {prod, "x" + name},
		"no name":                             {prod, ""},
		"the prefix alone":                    {prod, "prod-"},
		"a scheme that knows no cluster":      {hostnames.Scheme{Prefix: "prod-"}, name},
		"a scheme that knows no prefix":       {hostnames.Scheme{ClusterID: prod.ClusterID}, name},
		"a worker of a managed cluster":       {prod, "prod-kubernetes-49ab-slave-11cc"},
		"letters outside the alphabet, 0 & 1": {prod, "prod-web-0101010101ab"},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			if c.scheme.Made(c.hostname) {
				t.Errorf("%q counts as ours", c.hostname)
			}
		})
	}
}

func FuzzMadeNeverClaimsWhatNewDidNotMake(f *testing.F) {
	f.Add("prod-web-abcdefghijkl")
	f.Add("")
	f.Fuzz(func(t *testing.T, name string) {
		if prod.Made(name) && !strings.HasPrefix(strings.ToLower(name), "prod-") {
			t.Errorf("%q counts as ours", name)
		}
	})
}
