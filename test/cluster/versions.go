package cluster

import (
	_ "embed"
	"fmt"
	"regexp"
)

// goMod is the one place where the versions of the components are written down.
//
//go:embed go.mod
var goMod string

// KubernetesVersion is the version of the Kubernetes components, such as v1.37.2.
var KubernetesVersion = requiredVersion("k8s.io/kubernetes")

// requiredVersion returns the version that go.mod requires of a module. It panics when there is none, since the
// embedded file cannot change after the build.
func requiredVersion(module string) string {
	line := regexp.MustCompile(`(?m)^\t` + regexp.QuoteMeta(module) + ` (v\S+)`)
	match := line.FindStringSubmatch(goMod)
	if match == nil {
		panic(fmt.Sprintf("go.mod of the local control plane does not require %s", module))
	}
	return match[1]
}
