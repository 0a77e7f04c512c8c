package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
)

// root is the repository, seen from this folder.
const root = "../.."

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(controlplanetest.Main(m, controlplane.Options{}))
}

// binary is the built command, in step with the sources.
var binary = sync.OnceValues(func() (string, error) {
	build := exec.Command("make", "-C", root, "--no-print-directory", "scheduler")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the scheduler: %w\n%s", err, output)
	}
	return filepath.Abs(filepath.Join(root, "bin", "vpsie-kube-scheduler"))
})

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
