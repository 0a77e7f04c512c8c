package report

import (
	"fmt"
	"runtime/debug"

	"github.com/vpsie/vpsie-autoscaler/test/tables"
)

// Machine describes on what and with what was measured.
func Machine() string {
	return fmt.Sprintf("%s, Karpenter %s, both planners built with k8s.io/api %s",
		tables.Machine(), version("sigs.k8s.io/karpenter"), version("k8s.io/api"))
}

// version is that of a module this program is built from.
func version(module string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range info.Deps {
			if dependency.Path == module {
				return dependency.Version
			}
		}
	}
	return "of unknown version"
}
