// Command demo shows the main job on this machine: a real control plane, a simulated VPSie cloud and the suite as separate
// processes; pods that nothing can hold; machines that are bought for them, join, run them, and go away when they are no longer
// needed. It ends with an error when anything stays pending or is left behind.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
)

const (
	// namespace holds the demonstration's objects.
	namespace = "demo"
	// upTimeout and downTimeout bound the two halves; with the fast cloud each takes well below a minute.
	upTimeout   = 5 * time.Minute
	downTimeout = 5 * time.Minute
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "demo: %v\n", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	root, err := findRoot()
	if err != nil {
		return err
	}
	dir := filepath.Join(root, "bin", "demo")
	if err := prepare(dir); err != nil {
		return err
	}
	fmt.Println("Starting a control plane, a simulated VPSie cloud and the suite. The first time, the control plane is compiled: five to ten minutes on 2 cores.")
	s, err := stack.Start(ctx, stack.Options{Root: root, Dir: dir, Latency: "fast", Progress: os.Stdout})
	if err != nil {
		return err
	}
	defer func() {
		if stopErr := s.Stop(); ctx.Err() == nil {
			err = errors.Join(err, stopErr)
		}
	}()
	show := newShow(s)
	if err := show.play(ctx); err != nil {
		return fmt.Errorf("%w\nlogs: %s", err, s.Logs())
	}
	result, err := show.report(ctx)
	if err != nil {
		return err
	}
	if err := result.write(filepath.Join(dir, "report.json")); err != nil {
		return err
	}
	result.print(os.Stdout)
	return result.verdict()
}

func findRoot() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return stack.FindRoot(here)
}

// prepare makes an empty folder for the files of this run.
func prepare(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("clear the files of an earlier run: %w", err)
	}
	return os.MkdirAll(dir, 0o700)
}
