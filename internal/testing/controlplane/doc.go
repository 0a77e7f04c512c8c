// Package controlplane runs a real Kubernetes control plane for tests and demonstrations, and hands out what they need
// to use it: client configurations, kubeconfigs of service accounts, and a way to apply manifests.
//
// It drives the command of the module test/cluster, which it builds when its sources are newer than bin/cluster. The
// very first start on a machine also compiles the Kubernetes components, which takes five to ten minutes; after that
// a control plane is ready within seconds. The command's standard input stays open for as long as this process lives,
// so that nothing is left running when a test is killed.
//
// Tests use package controlplanetest, which wraps this one.
package controlplane
