package cluster

import (
	"debug/buildinfo"
	"fmt"
	"path/filepath"
	"strings"
)

// component is one command of the control plane.
type component struct {
	name    string // of the built file and of its log
	module  string
	command string // import path of the main package
}

// components are all commands of the control plane, in the order in which they are built.
var components = []component{
	{name: "etcd", module: "go.etcd.io/etcd/server/v3", command: "go.etcd.io/etcd/server/v3"},
	{name: "kube-apiserver", module: "k8s.io/kubernetes", command: "k8s.io/kubernetes/cmd/kube-apiserver"},
	{name: "kube-scheduler", module: "k8s.io/kubernetes", command: "k8s.io/kubernetes/cmd/kube-scheduler"},
	{name: "kube-controller-manager", module: "k8s.io/kubernetes", command: "k8s.io/kubernetes/cmd/kube-controller-manager"},
	{name: "kwok", module: "sigs.k8s.io/kwok", command: "sigs.k8s.io/kwok/cmd/kwok"},
}

// built reports whether folder holds the component in the version that go.mod requires.
func (c component) built(folder string) bool {
	info, err := buildinfo.ReadFile(filepath.Join(folder, c.name))
	return err == nil && info.Path == c.command && info.Main.Version == requiredVersion(c.module)
}

// linkerFlags strip the files and tell Kubernetes its version: without it clients and version-gated features take
// the components for v0.0.0.
func linkerFlags() string {
	const pkg = "k8s.io/component-base/version"
	major, rest, _ := strings.Cut(strings.TrimPrefix(KubernetesVersion, "v"), ".")
	minor, _, _ := strings.Cut(rest, ".")
	flags := []string{"-s", "-w"}
	for _, set := range [][2]string{
		{"gitVersion", KubernetesVersion},
		{"gitMajor", major},
		{"gitMinor", minor},
		{"gitCommit", "module-" + KubernetesVersion}, // a module carries no commit, and an empty one reads as a broken build
		{"gitTreeState", "clean"},
	} {
		flags = append(flags, fmt.Sprintf("-X %s.%s=%s", pkg, set[0], set[1]))
	}
	return strings.Join(flags, " ")
}
