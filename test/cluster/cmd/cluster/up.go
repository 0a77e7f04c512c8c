package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/vpsie/vpsie-autoscaler/test/cluster"
)

type upFlags struct {
	buildFlags
	schedulerConfig  string
	kubeconfig       string
	untilStdinCloses bool
	keep             bool
}

func (f *upFlags) register(flags *flag.FlagSet) {
	f.buildFlags.register(flags)
	flags.StringVar(&f.schedulerConfig, "scheduler-config", "", "`file` of kind KubeSchedulerConfiguration; its connection to the API server is filled in")
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "also write the administrator's kubeconfig to this `file`, for as long as the control plane runs")
	flags.BoolVar(&f.untilStdinCloses, "until-stdin-closes", false, "stop when the standard input ends, as it does when the caller dies")
	flags.BoolVar(&f.keep, "keep", false, "keep the files of the control plane after the end")
}

func up(ctx context.Context, args []string) error {
	var f upFlags
	flags := flag.NewFlagSet("cluster up", flag.ContinueOnError)
	f.register(flags)
	if err := parse(flags, args); err != nil {
		return ignoreHelp(err)
	}
	if f.untilStdinCloses {
		ctx = untilClosed(ctx, os.Stdin)
	}
	if err := f.build(ctx); err != nil {
		return err
	}
	c, err := cluster.Up(ctx, cluster.Options{Bin: f.bin, SchedulerConfig: f.schedulerConfig, Progress: os.Stderr})
	if err != nil {
		if ctx.Err() != nil {
			return nil // told to stop before it was ready
		}
		return err
	}
	failure := f.serve(ctx, c)
	return errors.Join(failure, c.Down(f.keep || failure != nil))
}

// serve announces the control plane and returns when it shall end (nil) or has failed.
func (f *upFlags) serve(ctx context.Context, c *cluster.Cluster) error {
	if f.kubeconfig != "" {
		if err := publish(c.Info().Kubeconfig, f.kubeconfig); err != nil {
			return err
		}
		defer os.Remove(f.kubeconfig) // its credentials end with the control plane
	}
	if err := json.NewEncoder(os.Stdout).Encode(c.Info()); err != nil {
		return fmt.Errorf("announce the control plane: %w", err)
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-c.Failed():
		return fmt.Errorf("a component of the control plane died: %w", err)
	}
}

// publish copies a kubeconfig so that a reader of the target sees all of it or nothing.
func publish(source, target string) error {
	content, err := os.ReadFile(source)
	if err != nil {
		return fmt.Errorf("read the administrator's kubeconfig: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return fmt.Errorf("create the folder of -kubeconfig: %w", err)
	}
	partial := target + ".partial"
	if err := os.WriteFile(partial, content, 0o600); err != nil {
		return fmt.Errorf("write -kubeconfig: %w", err)
	}
	if err := os.Rename(partial, target); err != nil {
		return fmt.Errorf("write -kubeconfig: %w", err)
	}
	return nil
}

// untilClosed returns a context that ends with its parent or when the reader does.
func untilClosed(parent context.Context, reader io.Reader) context.Context {
	ctx, cancel := context.WithCancel(parent)
	go func() {
		io.Copy(io.Discard, reader)
		cancel()
	}()
	return ctx
}
