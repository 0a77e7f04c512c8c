// Package e2e tests the product whole: a real control plane, the simulated cloud, and the suite as processes of their own, each
// with the rights of its service account. The tests share one stack and run one after another; each has a namespace.
package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
)

// startTimeout leaves room for the control plane to be compiled on a machine that has never done so.
const startTimeout = 30 * time.Minute

// product is what all tests stand on.
var product *stack.Stack

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard()) // what the product logs is in files of its own
	os.Exit(run(m))
}

func run(m *testing.M) (code int) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	dir, err := os.MkdirTemp("", "vpsie-e2e-")
	if err != nil {
		return fail(err)
	}
	root, err := stack.FindRoot(mustGetwd())
	if err != nil {
		return fail(err)
	}
	if err := buildBinaries(ctx, root); err != nil {
		return fail(err)
	}
	product, err = stack.Start(ctx, stack.Options{
		Root: root, Dir: dir, Latency: "fast", Progress: os.Stderr,
		Settings: []string{"--controller-lost-timeout", "5s", "--controller-scheduler-names", "default-scheduler,vpsie-scheduler"},
	})
	if err != nil {
		return fail(err)
	}
	defer func() {
		if err := product.Stop(); err != nil {
			code = max(code, fail(err))
		}
		if code != 0 {
			fmt.Fprintf(os.Stderr, "logs: %s\n", product.Logs())
			return
		}
		_ = os.RemoveAll(dir) // a temporary folder
	}()
	return max(m.Run(), checkCloud(ctx))
}

// checkCloud fails when a machine of the product's is left after all tests.
func checkCloud(ctx context.Context) (code int) {
	machines, err := existing(ctx, stack.ClusterName+"-")
	if err == nil && len(machines) > 0 {
		err = fmt.Errorf("machines are left in the cloud after all tests: %v", names(machines))
	}
	if err != nil {
		return fail(err)
	}
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func mustGetwd() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return dir
}

// buildBinaries brings the programs in step with the sources that are tested.
func buildBinaries(ctx context.Context, root string) error {
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", filepath.Join(root, "bin")+string(filepath.Separator), "./cmd/...")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the product: %w\n%s", err, output)
	}
	return nil
}
